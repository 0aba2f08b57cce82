#include "app/secret_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::app;

namespace {

std::string written(const std::string& name, const std::string& content) {
    const auto file = std::filesystem::temp_directory_path() / fmt::format("secret_files_{}_{}", getpid(), name);
    std::ofstream(file) << content;
    return file.string();
}

config::Config with_target(notify::Target target) {
    config::Config config;
    config.notify.targets.push_back(std::move(target));
    return config;
}

}  // namespace

TEST_CASE("secret files: every key that names one") {
    config::Config config;
    auto& prometheus = config.prometheus.emplace_back();
    prometheus.endpoint.bearer_token_file = "a";
    prometheus.endpoint.password_file = "b";
    prometheus.endpoint.tls.key_file = "c";
    config.web.tokens.push_back({"me", web::Role::read, "d"});
    using Kind = notify::TargetKind;
    for (const auto kind : {Kind::slack, Kind::pagerduty, Kind::webhook, Kind::alertmanager}) {
        auto& target = config.notify.targets.emplace_back();
        target.name = "secops";
        target.kind = kind;
        if (kind == Kind::slack) target.url_file = "e";
        if (kind == Kind::pagerduty) target.routing_key_file = "f";
        if (kind == Kind::webhook) target.hmac_secret_file = "g";
        if (kind == Kind::alertmanager) target.endpoint.bearer_token_file = "h";
    }
    std::vector<std::string> paths;
    for (const auto& each : secret_files(config)) paths.push_back(each.path + "=" + each.file);
    CHECK(paths == std::vector<std::string>{
                       "prometheus[main].bearer_token_file=a", "prometheus[main].basic_auth.password_file=b",
                       "prometheus[main].tls.key_file=c", "web.tokens[me].token_file=d",
                       "targets[secops].slack.webhook_url_file=e", "targets[secops].pagerduty.routing_key_file=f",
                       "targets[secops].webhook.hmac_secret_file=g",
                       "targets[secops].alertmanager.bearer_token_file=h"});
}

TEST_CASE("secret files: one that is not there, is empty or is a folder is named, one that holds something is not") {
    const auto flaw = [](const std::string& file) {
        notify::Target target;
        target.name = "secops";
        target.hmac_secret_file = file;
        const auto missing = missing_secrets(with_target(target));
        return missing.empty() ? std::string() : in_words(missing.at(0));
    };
    CHECK(flaw("/no/such/file").starts_with("targets[secops].webhook.hmac_secret_file: cannot read the secret file "
                                            "/no/such/file: No such file or directory; "));
    const auto empty = written("empty", " \n");
    CHECK(flaw(empty).find("the secret file " + empty + " is empty") != std::string::npos);
    CHECK(flaw("/tmp").find("cannot read the secret file /tmp") != std::string::npos);
    const auto good = written("good", "s3cret\n");
    CHECK(flaw(good) == "");
    for (const auto& file : {empty, good}) std::filesystem::remove(file);
}

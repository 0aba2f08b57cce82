#include "notify/message.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "notify/webhook.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/http_server.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using nlohmann::json;

namespace {

const std::string routing_key = "R0123456789abcdef0123456789abcde";

// A folder that goes with the test.
struct Folder {
    std::filesystem::path path;
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "notify_test_XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
};

Target target(TargetKind kind, const std::string& url = "") {
    Target out;
    out.name = "secops";
    out.kind = kind;
    out.endpoint.url = url;
    return out;
}

Outcome send(const Target& to, const Notice& notice) {
    const Options options;
    const io::SystemClock clock;
    return HttpNotifier(to, options, clock).send(notice, {});
}

}  // namespace

TEST_CASE("message: Slack's URL is the secret in the file, read anew for every message") {
    const Folder folder;
    fakes::HttpServer server([](const auto& request) {
        const bool known = request.path == "/services/T/B/secretpart";
        return known ? fakes::HttpAnswer{} : fakes::HttpAnswer{404, "no_service", {}};
    });
    auto slack = target(TargetKind::slack);
    slack.url_file = folder.write("url", server.url("/services/T/B/oldsecret") + "\n");
    CHECK(send(slack, a_notice()).kind == Outcome::give_up);
    folder.write("url", server.url("/services/T/B/secretpart") + "\n");
    CHECK(send(slack, a_notice()).kind == Outcome::delivered);
    const auto request = server.requests().back();
    CHECK(request.method == "POST");
    CHECK(request.headers.at("content-type") == "application/json");
    CHECK(json::parse(request.body).contains("blocks"));
}

TEST_CASE("message: a secret file that is missing or wrong is no final answer, and is named") {
    const Folder folder;
    auto slack = target(TargetKind::slack);
    slack.url_file = (folder.path / "missing").string();
    auto pagerduty = target(TargetKind::pagerduty, "http://127.0.0.1:1");
    pagerduty.routing_key_file = folder.write("short", "shortkey");
    auto webhook = target(TargetKind::webhook, "http://127.0.0.1:1");
    webhook.hmac_secret_file = folder.write("empty", "\n");
    for (const auto& [to, file] :
         {std::pair(slack, "missing"), std::pair(pagerduty, "short"), std::pair(webhook, "empty")}) {
        const auto outcome = send(to, a_notice());
        CHECK(outcome.kind == Outcome::retry);
        CHECK(outcome.target_wide);
        CHECK(outcome.answer.find(folder.path / file) != std::string::npos);
        CHECK(outcome.answer.find("shortkey") == std::string::npos);
    }
}

TEST_CASE("message: PagerDuty gets the routing key; an answer that repeats it is kept without it") {
    const Folder folder;
    fakes::HttpServer server([](const auto& request) {
        const auto key = json::parse(request.body)["routing_key"].template get<std::string>();
        return fakes::HttpAnswer{400, std::string(485, 'x') + key, {}};
    });
    auto pagerduty = target(TargetKind::pagerduty, server.url("/v2/enqueue"));
    pagerduty.routing_key_file = folder.write("key", routing_key + "\n");
    const auto outcome = send(pagerduty, a_notice());
    CHECK(outcome.kind == Outcome::give_up);
    CHECK(outcome.answer.find("R0123") == std::string::npos);
    CHECK(server.requests().at(0).path == "/v2/enqueue");
    CHECK(json::parse(server.requests().at(0).body)["routing_key"] == routing_key);
}

TEST_CASE("message: a webhook carries its key and, where there is a secret, its signature") {
    const Folder folder;
    fakes::HttpServer server([](const auto&) { return fakes::HttpAnswer{204, "", {}}; });
    auto webhook = target(TargetKind::webhook, server.url("/hook"));
    CHECK(send(webhook, a_notice()).kind == Outcome::delivered);
    webhook.hmac_secret_file = folder.write("secret", "Jefe\n");
    CHECK(send(webhook, a_notice()).kind == Outcome::delivered);
    const auto requests = server.requests();
    CHECK(requests[0].headers.at("idempotency-key") == a_notice().idempotency_key);
    CHECK_FALSE(requests[0].headers.contains("x-meshwarden-signature"));
    CHECK(requests[1].headers.at("x-meshwarden-signature") == webhook_signature(requests[1].body, "Jefe"));
    CHECK(requests[0].body == requests[1].body);
}

TEST_CASE("message: Alertmanager's alerts go to its API below any prefix") {
    fakes::HttpServer server([](const auto&) { return fakes::HttpAnswer{200, "", {}}; });
    CHECK(send(target(TargetKind::alertmanager, server.url("/prefix/")), a_notice()).kind == Outcome::delivered);
    CHECK(server.requests().at(0).path == "/prefix/api/v2/alerts");
    CHECK(json::parse(server.requests().at(0).body).size() == 1);
}

TEST_CASE("message: no answer is no final answer, and names no address") {
    fakes::HttpServer cutting([](const auto&) {
        fakes::HttpAnswer answer;
        answer.cut = true;
        return answer;
    });
    const auto refused = "http://127.0.0.1:" + std::to_string(fakes::free_port()) + "/secret";
    const std::string blank = "http:// /secret", foreign = "ftp://x/secret";
    for (const auto& url : {refused, cutting.url("/secret"), blank, foreign}) {
        INFO(url);
        const auto outcome = send(target(TargetKind::webhook, url), a_notice());
        CHECK(outcome.kind == Outcome::retry);
        CHECK(outcome.target_wide);
        CHECK_FALSE(outcome.answer.empty());
        CHECK(outcome.answer.find("secret") == std::string::npos);
    }
}

TEST_CASE("message: a peer that repeats all it was asked gives no secret away") {
    const Folder folder;
    fakes::HttpServer server([](const auto& request) {
        auto said = request.path;
        for (const auto& [name, value] : request.headers) said += " " + value;
        for (const char c : request.path) said += c == '/' ? "\\/" : std::string(1, c);
        return fakes::HttpAnswer{404, said, {}};
    });
    const auto host = server.url().substr(7);
    auto hook = target(TargetKind::webhook, "http://us%65r:p%40ssword@" + host + "/in/T0KENinPath/x?key=QUERYsecret");
    hook.endpoint.headers = {{"X-Api-Key", "HEADERsecret"}, {"X-Auth", "Token SCHEMEsecret"}};
    auto slack = target(TargetKind::slack);
    slack.url_file = folder.write("url", server.url("/services/T/B/SLACKsecret"));
    auto basic = target(TargetKind::alertmanager, server.url("/T0KENinPath"));
    basic.endpoint.username = "reader";
    basic.endpoint.password_file = folder.write("password", "PASSWORDsecret\n");
    auto bearer = target(TargetKind::alertmanager, server.url());
    bearer.endpoint.bearer_token_file = folder.write("token", "BEARERsecret\n");
    for (const auto& to : {hook, slack, basic, bearer}) {
        const auto answer = send(to, a_notice()).answer;
        INFO(answer);
        CHECK(answer.starts_with("404 "));
        CHECK(answer.find("[redacted]") != std::string::npos);
        for (const auto* secret : {"T0KEN", "secret", "p@ss", "p%40ss", "dXNlcjpwQHNzd29yZA", "cmVhZGVyOlBBU1NXT1JE"})
            CHECK(answer.find(secret) == std::string::npos);
    }
}

TEST_CASE("message: what is no secret stays in an answer") {
    fakes::HttpServer server([](const auto&) { return fakes::HttpAnswer{400, "bad alerts at http://am/in v2", {}}; });
    CHECK(send(target(TargetKind::alertmanager, server.url()), a_notice()).answer == "400 bad alerts at http://am/in v2");
    CHECK(send(target(TargetKind::webhook, server.url("/in/v2")), a_notice()).answer ==
          "400 bad alerts at http://am/in v2");
}

#include "app/secret_files.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "io/http_client.hpp"
#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

class Files {
public:
    void add(std::string path, const std::string& file) {
        if (!file.empty()) all.push_back({std::move(path), file});
    }
    void add(const std::string& path, const io::Endpoint& endpoint) {
        add(path + ".bearer_token_file", endpoint.bearer_token_file);
        add(path + ".basic_auth.password_file", endpoint.password_file);
        add(path + ".tls.key_file", endpoint.tls.key_file);
    }
    void add(const notify::Target& target) {
        const auto path = fmt::format("targets[{}].{}", target.name, kind(target));
        add(path + ".webhook_url_file", target.url_file);
        add(path + ".routing_key_file", target.routing_key_file);
        add(path + ".hmac_secret_file", target.hmac_secret_file);
        add(path, target.endpoint);
    }

    std::vector<SecretFile> all;

private:
    static std::string_view kind(const notify::Target& target) {
        switch (target.kind) {
            case notify::TargetKind::slack: return "slack";
            case notify::TargetKind::pagerduty: return "pagerduty";
            case notify::TargetKind::alertmanager: return "alertmanager";
            case notify::TargetKind::webhook: break;
        }
        return "webhook";
    }
};

// "" where it holds a secret.
std::string flaw_of(const std::string& file) {
    const auto secret = io::read_secret(file);
    if (!secret) return secret.error().message;
    return secret->find_first_not_of(" \t\r\n") == secret->npos ? fmt::format("the secret file {} is empty", file) : "";
}

}  // namespace

std::vector<SecretFile> secret_files(const config::Config& config) {
    Files files;
    for (const auto& prometheus : config.prometheus)
        files.add(fmt::format("prometheus[{}]", prometheus.name), prometheus.endpoint);
    for (const auto& token : config.web.tokens)
        files.add(fmt::format("web.tokens[{}].token_file", token.name), token.token_file);
    for (const auto& target : config.notify.targets) files.add(target);
    return std::move(files.all);
}

std::string in_words(const MissingSecret& missing) {
    return fmt::format("{}: {}; write the secret into it, it is read again when it is used", missing.where.path,
                       missing.reason);
}

std::vector<MissingSecret> missing_secrets(const config::Config& config) {
    std::vector<MissingSecret> missing;
    for (auto& where : secret_files(config))
        if (auto flaw = flaw_of(where.file); !flaw.empty()) missing.push_back({std::move(where), std::move(flaw)});
    return missing;
}

void log_missing_secrets(const config::Config& config) {
    for (const auto& missing : missing_secrets(config))
        spdlog::error(log_text("a secret is missing: write it into the file, which is read again when it is used",
                               {{"key", missing.where.path},
                                {"file", missing.where.file},
                                {"error", missing.reason}}));
}

}  // namespace meshwarden::app

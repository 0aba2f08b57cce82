#include <algorithm>

#include <fmt/format.h>

#include "config/references.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

bool is_authorization(const std::pair<std::string, std::string>& header) {
    constexpr std::string_view name = "authorization";
    return std::ranges::equal(header.first, name, {}, [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
}

void check_endpoint(const io::Endpoint& endpoint, const std::string& path, Reader& reader) {
    if (endpoint.username.empty() && !endpoint.password_file.empty()) {
        reader.complain(path + ".basic_auth.username", "missing, but there is a password_file");
    }
    std::vector<std::string> given;
    if (!endpoint.bearer_token_file.empty()) {
        given.emplace_back("bearer_token_file");
    }
    if (!endpoint.username.empty() || !endpoint.password_file.empty()) {
        given.emplace_back("basic_auth");
    }
    if (std::ranges::any_of(endpoint.headers, is_authorization)) {
        given.emplace_back("a header Authorization");
    }
    if (given.size() > 1) {
        reader.complain(path, fmt::format("has {}, expected at most one", joined(given, " and ")));
    }
    if (endpoint.tls.cert_file.empty() != endpoint.tls.key_file.empty()) {
        reader.complain(path + ".tls", "has one of cert_file and key_file, expected both");
    }
}

std::string_view section_of(notify::TargetKind kind) {
    switch (kind) {
        case notify::TargetKind::slack: return "slack";
        case notify::TargetKind::pagerduty: return "pagerduty";
        case notify::TargetKind::alertmanager: return "alertmanager";
        case notify::TargetKind::webhook: break;
    }
    return "webhook";
}

}  // namespace

void check_endpoints(const Config& config, Reader& reader) {
    for (std::size_t i = 0; i < config.prometheus.size(); ++i) {
        check_endpoint(config.prometheus[i].endpoint, fmt::format("prometheus[{}]", i), reader);
    }
    for (std::size_t i = 0; i < config.notify.targets.size(); ++i) {
        const auto& target = config.notify.targets[i];
        check_endpoint(target.endpoint, fmt::format("targets[{}].{}", i, section_of(target.kind)), reader);
    }
}

}  // namespace meshwarden::config

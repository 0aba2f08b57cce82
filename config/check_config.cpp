#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "config/references.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

template <class T>
void check_unique(const std::vector<T>& items, std::string T::*name, const std::string& path, Reader& reader) {
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& given = items[i].*name;
        if (const auto [first, inserted] = seen.emplace(given, i); !inserted && !given.empty()) {
            reader.complain(fmt::format("{}[{}].name", path, i),
                            fmt::format("{} is also the name of {}[{}]", in_quotes(given), path, first->second));
        }
    }
}

// Labels that an incident may have: the interface's, and whatever a rule may group by.
std::vector<std::string> incident_labels(const Config& config) {
    std::set<std::string> labels = {
        "cluster", "source_namespace", "source_workload", "source_principal", "destination_namespace",
        "destination_workload", "destination_service", "pod", "reason", "team", "prometheus"};
    for (const auto& signal : config.signals) {
        for (const auto& label : carried_labels(signal)) {
            labels.insert(label);
        }
    }
    return {labels.begin(), labels.end()};
}

void check_matchers(const Matchers& matchers, const std::vector<std::string>& known, const std::string& path,
                    Reader& reader) {
    for (std::size_t i = 0; i < matchers.size(); ++i) {
        if (std::ranges::find(known, matchers[i].name()) == known.end()) {
            reader.complain(fmt::format("{}.match[{}]", path, i),
                            fmt::format("no incident has a label {}: {}", in_quotes(matchers[i].name()),
                                        unknown("label", matchers[i].name(), known)));
        }
    }
}

void check_target(const std::string& name, const std::vector<std::string>& known, const std::string& path,
                  Reader& reader) {
    if (std::ranges::find(known, name) == known.end()) {
        reader.complain(path, fmt::format("{}: {}", in_quotes(name), unknown("target", name, known)));
    }
}

// After one that takes everything nothing else is looked at.
template <class T>
void check_reachable(const std::vector<T>& items, bool (*takes_all)(const T&), const std::string& path,
                     Reader& reader) {
    const auto last = std::ranges::find_if(items, takes_all);
    for (auto item = last; item != items.end() && std::next(item) != items.end(); ++item) {
        reader.complain(fmt::format("{}[{}]", path, std::next(item) - items.begin()),
                        fmt::format("is never reached, since {}[{}] takes everything", path, last - items.begin()));
    }
}

void check_routes(const Config& config, const std::vector<std::string>& labels, Reader& reader) {
    auto known = labels;
    for (const auto* name : {"severity", "rule", "alertname", "kind"}) {
        known.emplace_back(name);
    }
    std::vector<std::string> targets;
    std::ranges::transform(config.notify.targets, std::back_inserter(targets), &notify::Target::name);
    for (std::size_t i = 0; i < config.incidents.routes.size(); ++i) {
        const auto& route = config.incidents.routes[i];
        const auto path = fmt::format("routes[{}]", i);
        for (std::size_t j = 0; j < route.targets.size(); ++j) {
            check_target(route.targets[j], targets, fmt::format("{}.targets[{}]", path, j), reader);
        }
        check_matchers(route.match, known, path, reader);
        check_values(route.match_text, config, path, reader);
    }
    check_reachable<Route>(
        config.incidents.routes, [](const Route& route) { return route.match_text.empty() && !route.goes_on; },
        "routes", reader);
    if (!config.heartbeat_target.empty()) {
        check_target(config.heartbeat_target, targets, "heartbeat.target", reader);
    }
}

void check_links(const Config& config, const std::vector<std::string>& labels, Reader& reader) {
    auto known = labels;
    for (const auto* name : {"severity", "rule", "incident", "started_at", "updated_at"}) {
        known.emplace_back(name);
    }
    const auto links = {std::pair("links.kiali", config.web.kiali), {"links.traces", config.web.traces},
                        {"links.grafana", config.web.grafana}};
    for (const auto& [path, text] : links) {
        for (const auto& name : template_variables(text)) {
            check_variable(name, known, reader, path);
        }
    }
}

}  // namespace

void check_config(const Config& config, Reader& reader) {
    check_unique(config.prometheus, &collector::Options::name, "prometheus", reader);
    check_unique(config.notify.targets, &notify::Target::name, "targets", reader);
    check_unique(config.web.tokens, &web::Token::name, "web.tokens", reader);
    if (!is_loopback(config.web.address) && config.web.tokens.empty() && !config.web.insecure_no_auth) {
        reader.complain("web.listen", fmt::format("{} is not loopback, expected web.tokens, or insecure_no_auth: true",
                                                  config.web.address));
    }
    const auto& tls = config.web.tls;
    if (tls.cert_file.empty() != tls.key_file.empty()) {
        reader.complain("web.tls", "has one of cert_file and key_file, expected both");
    } else if (tls.cert_file.empty() && !tls.client_ca_file.empty()) {
        reader.complain("web.tls.client_ca_file", "needs cert_file and key_file");
    }
    check_endpoints(config, reader);
    const auto labels = incident_labels(config);
    check_routes(config, labels, reader);
    check_links(config, labels, reader);
    check_reachable<Owner>(
        config.owners, [](const Owner& owner) { return owner.match_text.empty(); }, "owners", reader);
    for (std::size_t i = 0; i < config.owners.size(); ++i) {
        check_matchers(config.owners[i].match, labels, fmt::format("owners[{}]", i), reader);
    }
}

}  // namespace meshwarden::config

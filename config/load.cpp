#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "config/config.hpp"
#include "config/draft.hpp"
#include "config/files.hpp"
#include "config/library.hpp"
#include "config/references.hpp"
#include "config/rule_tests.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

void drop_trailing_slash(std::string& url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
}

// What one part of the file says and another part of the product wants to know.
Config settled(const Draft& draft, const Library& library, const Reader& reader) {
    Config config = draft.config;
    config.signals = library.signals();
    config.rules = library.rules();
    for (auto& prometheus : config.prometheus) {
        prometheus.trust_domains = draft.trust_domains;
        drop_trailing_slash(prometheus.endpoint.url);
    }
    if (const auto path = config.storage_url.substr(7); path != ":memory:") {
        config.storage_url = "sqlite:" + reader.resolved(path);
    }
    drop_trailing_slash(config.web.external_url);
    config.notify.instance = config.instance;
    // Targets that nobody routes to must not be silent.
    if (config.incidents.routes.empty() && !config.notify.targets.empty()) {
        auto& everything = config.incidents.routes.emplace_back();
        std::ranges::transform(config.notify.targets, std::back_inserter(everything.targets), &notify::Target::name);
    }
    config.notify.external_url = config.web.external_url;
    for (auto& target : config.notify.targets) {
        if (target.kind == notify::TargetKind::pagerduty) {
            config.incidents.acknowledging_targets.push_back(target.name);
        } else if (target.kind == notify::TargetKind::alertmanager) {
            drop_trailing_slash(target.endpoint.url);
        }
    }
    return config;
}

enum class FileKind { configuration, signals, rules, tests };

// By the top-level keys; `signals` alone is a signal file, beside others a key of the configuration.
FileKind kind_of(const Node& root) {
    const auto has = [&](const std::string& name) {
        return std::ranges::find(root.keys, name, &Node::Key::text) != root.keys.end();
    };
    if (has("prometheus")) {
        return FileKind::configuration;
    }
    if (has("groups")) {
        return FileKind::rules;
    }
    if (has("tests")) {
        return FileKind::tests;
    }
    return has("signals") && root.keys.size() == 1 ? FileKind::signals : FileKind::configuration;
}

}  // namespace

Loaded shipped() {
    Library library(true);
    library.check_rules();
    Loaded loaded;
    loaded.config.signals = library.signals();
    loaded.config.rules = library.rules();
    loaded.problems = library.problems();
    return loaded;
}

Loaded load(const std::string& file) {
    Library library(true);
    auto& reader = library.reader(file);
    auto document = open_document(reader);
    if (!document) {
        return {Config{}, library.problems()};
    }
    Written written;
    write_down(*document, "", written);
    for (auto& problem : substitute_environment(*document, file)) {
        reader.problems().push_back(problem);
    }
    Draft draft;
    read_map(config_keys(), Value{*document, "", reader}, draft);
    add_files(library, readable(draft.signal_files, "signals", reader), &Library::add_signals, &written);
    add_files(library, readable(draft.rule_files, "rules", reader), &Library::add_rules, &written);
    library.check_rules();
    for (const auto& [name, node] : draft.overrides) {
        library.override_rule(name, Value{*node, "overrides." + name, reader});
    }
    auto config = settled(draft, library, reader);
    check_config(config, reader);
    config.written = std::move(written);
    return {std::move(config), library.problems()};
}

std::vector<Problem> check(const std::string& file) { return check(std::vector{file}); }

std::vector<Problem> check(const std::vector<std::string>& files) {
    Library library(false);
    std::vector<Problem> problems;
    std::vector<std::string> signal_files;
    std::vector<std::string> rule_files;
    for (const auto& file : files) {
        Reader reader(file);
        const auto document = open_document(reader);
        if (!document) {
            problems.insert(problems.end(), reader.problems().begin(), reader.problems().end());
            continue;
        }
        const auto kind = kind_of(*document);
        if (kind == FileKind::configuration) {
            const auto found = load(file).problems;
            problems.insert(problems.end(), found.begin(), found.end());
        } else if (kind == FileKind::tests) {
            const auto found = load_tests(file).problems;
            problems.insert(problems.end(), found.begin(), found.end());
        } else {
            (kind == FileKind::signals ? signal_files : rule_files).push_back(file);
        }
    }
    add_files(library, signal_files, &Library::add_signals);
    add_files(library, rule_files, &Library::add_rules);
    library.check_rules();
    const auto found = library.problems();
    problems.insert(problems.end(), found.begin(), found.end());
    return problems;
}

}  // namespace meshwarden::config

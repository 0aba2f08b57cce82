#include <algorithm>

#include <fmt/format.h>

#include "config/draft.hpp"
#include "config/files.hpp"
#include "config/library.hpp"
#include "config/references.hpp"
#include "config/rule_tests.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

constexpr std::size_t most_scrapes = 100'000;  // of one test: what is written in a second must not run for a day

// Names that the expectations may use.
struct Names {
    std::vector<std::string> rules, signals, targets;
};

void check_name(const std::string& name, const std::string& what, const std::vector<std::string>& known,
                const std::string& path, Reader& reader) {
    if (!name.empty() && std::ranges::find(known, name) == known.end()) {
        reader.complain(path, fmt::format("{}: {}", in_quotes(name), unknown(what, name, known)));
    }
}

void check_expectation(const Expectation& expectation, const Names& names, const std::string& path, Reader& reader) {
    const auto each = [&](const auto& list, const std::string& key, auto check) {
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            check((*list)[i], fmt::format("{}.{}[{}]", path, key, i));
        }
    };
    each(expectation.findings, "findings", [&](const ExpectedFinding& finding, const std::string& place) {
        check_name(finding.rule, "rule", names.rules, place + ".rule", reader);
    });
    each(expectation.notices, "notices", [&](const ExpectedNotice& notice, const std::string& place) {
        check_name(notice.rule, "rule", names.rules, place + ".rule", reader);
        check_name(notice.target, "target", names.targets, place + ".target", reader);
    });
    each(expectation.blind, "blind", [&](const ExpectedBlind& blind, const std::string& place) {
        check_name(blind.signal, "signal", names.signals, place + ".signal", reader);
    });
    if (!expectation.findings && !expectation.notices && !expectation.blind) {
        reader.complain(path, "expects nothing, expected findings, notices or blind");
    }
}

void check_test(const RuleTest& test, Duration interval, const Names& names, const std::string& path, Reader& reader) {
    for (std::size_t i = 0; i < test.expect.size(); ++i) {
        const auto place = fmt::format("{}.expect[{}]", path, i);
        check_expectation(test.expect[i], names, place, reader);
        if (test.expect[i].at / test.interval.value_or(interval) > Duration::rep(most_scrapes)) {
            reader.complain(place + ".at",
                            fmt::format("more than {} scrapes, expected a longer interval", most_scrapes));
        }
    }
    for (std::size_t i = 0; i < test.outages.size(); ++i) {
        if (test.outages[i].to <= test.outages[i].from) {
            reader.complain(fmt::format("{}.outages[{}].to", path, i), "expected a time after from");
        }
    }
    if (test.expect.empty() && !test.name.empty()) {
        reader.complain(path + ".expect", "is empty, expected at least one");
    }
}

void check_tests(const RuleTestFile& file, const Config& config, Reader& reader) {
    Names names{names_of(config.rules), names_of(config.signals), {}};
    std::ranges::transform(config.notify.targets, std::back_inserter(names.targets), &notify::Target::name);
    for (std::size_t i = 0; i < file.tests.size(); ++i) {
        const auto& test = file.tests[i];
        const auto path = fmt::format("tests[{}]", i);
        const auto here = file.tests.begin() + static_cast<std::ptrdiff_t>(i);
        const auto same = std::ranges::find(file.tests.begin(), here, test.name, &RuleTest::name);
        if (same != here && !test.name.empty()) {
            reader.complain(path + ".name", fmt::format("{} is also the name of tests[{}]", in_quotes(test.name),
                                                        same - file.tests.begin()));
        }
        check_test(test, file.interval, names, path, reader);
    }
    if (file.tests.empty() && reader.problems().empty()) {
        reader.complain("tests", "is empty, expected at least one");
    }
}

// Without a configuration: what a test of a rule needs and nothing else, and somebody to tell.
Config bare_config(Library& library, const RuleTestFile& file) {
    Config config;
    config.signals = library.signals();
    config.rules = file.rule_files.empty() ? library.rules() : library.rules_of(file.rule_files);
    config.notify.targets.emplace_back().name = "test";
    config.incidents.routes.emplace_back().targets = {"test"};
    return config;
}

}  // namespace

LoadedTests load_tests(const std::string& file) {
    Library library(false);
    auto& reader = library.reader(file);
    LoadedTests loaded;
    const auto document = open_document(reader);
    if (!document) {
        loaded.problems = library.problems();
        return loaded;
    }
    auto& tests = loaded.file;
    read_map(test_file_keys(), Value{*document, "", reader}, tests);
    std::vector<Problem> of_config;
    if (!tests.config_file.empty()) {
        if (!tests.rule_files.empty() || !tests.signal_files.empty()) {
            reader.complain("config", "stands beside rule_files or signal_files, expected one or the other");
        }
        auto config = load(tests.config_file);
        of_config = std::move(config.problems);
        loaded.config = std::move(config.config);
    } else {
        add_files(library, readable(tests.signal_files, "signal_files", reader), &Library::add_signals);
        add_files(library, readable(tests.rule_files, "rule_files", reader), &Library::add_rules);
        library.check_rules();
        loaded.config = bare_config(library, tests);
    }
    if (of_config.empty()) {
        check_tests(tests, loaded.config, reader);
    }
    loaded.problems = library.problems();
    loaded.problems.insert(loaded.problems.end(), of_config.begin(), of_config.end());
    return loaded;
}

}  // namespace meshwarden::config

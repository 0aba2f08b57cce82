// meshwarden test: runs the rule tests of files.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/rule_test.hpp"

namespace meshwarden::app {
namespace {

nlohmann::json to_json(const Mismatch& mismatch) {
    return {{"line", mismatch.line},
            {"at", to_string(mismatch.at)},
            {"expected", mismatch.expected},
            {"came", mismatch.came}};
}

void print(const std::string& file, const config::RuleTest& test, const Mismatch& mismatch) {
    fmt::print("{}:{}: {}: at {}\n  expected {}\n  came     {}\n", file, mismatch.line, test.name,
               to_string(mismatch.at), mismatch.expected, mismatch.came);
}

// What the files came to so far.
struct Tally {
    int passed = 0, failed = 0;
    bool unreadable = false;
    nlohmann::json tests = nlohmann::json::array(), problems = nlohmann::json::array();
};

void run_file(const std::string& file, Format format, Tally& tally) {
    const auto loaded = config::load_tests(file);
    for (const auto& problem : loaded.problems) {
        tally.unreadable = tally.unreadable || (problem.unreadable && problem.file == file);
        if (format == Format::text) fmt::print(problem.unreadable ? stderr : stdout, "{}\n", to_string(problem));
        tally.problems.push_back(config::to_string(problem));
    }
    if (!loaded.problems.empty()) return;
    for (const auto& test : loaded.file.tests) {
        const auto mismatches = play(loaded.config, test, test.interval.value_or(loaded.file.interval));
        ++(mismatches.empty() ? tally.passed : tally.failed);
        auto failures = nlohmann::json::array();
        for (const auto& mismatch : mismatches) {
            failures.push_back(to_json(mismatch));
            if (format == Format::text) print(file, test, mismatch);
        }
        tally.tests.push_back({{"file", file},
                               {"line", test.line},
                               {"name", test.name},
                               {"ok", mismatches.empty()},
                               {"failures", failures}});
    }
}

}  // namespace

int test(const std::vector<std::string>& files, Format format) {
    Tally tally;
    for (const auto& file : files) run_file(file, format, tally);
    const bool whole = tally.problems.empty();
    if (format == Format::json) {
        const nlohmann::json all{{"tests", tally.tests},
                                 {"problems", tally.problems},
                                 {"passed", tally.passed},
                                 {"failed", tally.failed}};
        fmt::print("{}\n", all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
    } else {
        fmt::print("{} passed, {} failed{}\n", tally.passed, tally.failed,
                   whole ? "" : fmt::format(", {} problems", tally.problems.size()));
    }
    if (tally.unreadable) return 3;
    return whole && tally.failed == 0 ? 0 : 1;
}

}  // namespace meshwarden::app

// The shipped rules' own tests: all pass, and no shipped rule lacks one of the four kinds.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "app/rule_test.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;

namespace {

std::vector<std::string> pack() {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(MESHWARDEN_PACK))
        files.push_back(entry.path().string());
    std::ranges::sort(files);
    return files;
}

// "authz-denials firing: ..." -> authz-denials, firing
std::pair<std::string, std::string> rule_and_kind(const std::string& name) {
    const auto space = name.find(' ');
    const auto colon = name.find(':');
    if (space == name.npos || colon == name.npos || colon < space) return {name, ""};
    return {name.substr(0, space), name.substr(space + 1, colon - space - 1)};
}

bool fires(const config::RuleTest& test, const std::string& rule) {
    return std::ranges::any_of(test.expect, [&](const config::Expectation& expectation) {
        return expectation.findings &&
               std::ranges::any_of(*expectation.findings, [&](const auto& f) { return f.rule == rule; });
    });
}

// A test that is named a kind but cannot fail for it would be worth nothing.
bool is_of_kind(const config::RuleTest& test, const std::string& rule, const std::string& kind) {
    const auto any = [&](auto holds) { return std::ranges::any_of(test.expect, holds); };
    if (kind == "healthy") return !fires(test, rule) && any([](const auto& e) { return e.findings.has_value(); });
    if (kind == "firing")
        return fires(test, rule) && any([](const auto& e) { return e.notices && !e.notices->empty(); });
    if (kind == "blind") return any([](const auto& e) { return e.blind && !e.blind->empty(); });
    return kind == "trap" && any([](const auto& e) { return e.findings || e.notices || e.blind; });
}

}  // namespace

TEST_CASE("the rule tests of the shipped rules pass") {
    for (const auto& file : pack()) {
        const auto loaded = config::load_tests(file);
        for (const auto& problem : loaded.problems) FAIL_CHECK(config::to_string(problem));
        if (!loaded.problems.empty()) continue;
        for (const auto& test : loaded.file.tests) {
            for (const auto& mismatch : app::play(loaded.config, test, test.interval.value_or(loaded.file.interval))) {
                FAIL_CHECK(file << ":" << mismatch.line << ": " << test.name << ": at " << to_string(mismatch.at)
                                << "\n  expected " << mismatch.expected << "\n  came     " << mismatch.came);
            }
        }
    }
}

TEST_CASE("every shipped rule has a healthy, a firing, a blind and a trap test") {
    std::map<std::string, std::set<std::string>> kinds;
    for (const auto& file : pack()) {
        for (const auto& test : config::load_tests(file).file.tests) {
            const auto [rule, kind] = rule_and_kind(test.name);
            INFO(file << ": " << test.name);
            CHECK(is_of_kind(test, rule, kind));
            kinds[rule].insert(kind);
        }
    }
    for (const auto& rule : config::shipped().config.rules) {
        for (const auto* kind : {"healthy", "firing", "blind", "trap"}) {
            INFO(rule.name << " " << kind);
            CHECK(kinds[rule.name].contains(kind));
        }
        kinds.erase(rule.name);
    }
    for (const auto& [rule, of_it] : kinds) FAIL_CHECK("no shipped rule is named " << rule);
}

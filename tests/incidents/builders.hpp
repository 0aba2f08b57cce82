// Short forms of the values that the tests of incidents/ speak of.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include "incidents/store.hpp"
#include "tests/catch.hpp"

namespace meshwarden::incidents::test {

using namespace std::chrono_literals;

inline const Time start = parse_rfc3339("2026-01-01T00:00:00Z").value();

struct FindingOf {
    std::string service = "ledger";
    double value = 12;
    Time crossed_at = start;
    std::optional<Time> ended_at = {};
    Severity severity = Severity::high;
    std::string rule = "authz-denials";
    std::optional<Time> calm_since = {};
    bool blind = false;
};

inline Finding finding(const FindingOf& of) {
    Finding finding;
    finding.rule = of.rule;
    finding.severity = of.severity;
    finding.subject = Labels{{"destination_service", of.service}};
    finding.labels = Labels{{"destination_service", of.service}, {"team", "payments"}};
    finding.value = of.value;
    finding.threshold = 10;
    finding.window = 60s;
    finding.started_at = of.crossed_at - 10s;
    finding.crossed_at = of.crossed_at;
    finding.calm_since = of.calm_since;
    finding.ended_at = of.ended_at;
    finding.blind = of.blind;
    finding.summary = "requests to " + of.service + " were denied";
    finding.action = "Investigate the source service";
    finding.techniques = {"T1078"};
    finding.evidence.taken_at = of.crossed_at;
    finding.evidence.rule = {{"threshold", "10"}, {"window", "1m"}};
    finding.evidence.series = {{.metric = Labels{{"__name__", "istio_requests_total"}, {"pod", "a"}},
                                .points = {{of.crossed_at - 5s, 0}, {of.crossed_at, of.value}},
                                .increment = of.value}};
    finding.evidence.top_sources = {{.labels = Labels{{"source_workload", "web"}}, .value = of.value}};
    finding.evidence.notes = {"the mesh itself refused 12 of them"};
    return finding;
}

inline Finding live(double value = 12, Time crossed_at = start) {
    return finding({.value = value, .crossed_at = crossed_at});
}

inline Finding ended(Time crossed_at, Time ended_at) {
    return finding({.crossed_at = crossed_at, .ended_at = ended_at, .calm_since = ended_at});
}

inline RuleVerdict judged(std::string rule = "authz-denials") {
    return {.rule = std::move(rule), .health = RuleHealth::ok, .judged = true, .cause = "", .threshold = 10,
            .window = 60s};
}

inline RuleVerdict unjudged(std::string rule = "authz-denials") {
    return {.rule = std::move(rule), .health = RuleHealth::blind, .judged = false, .cause = "partial answer",
            .threshold = 10, .window = 60s};
}

inline Tick tick(Duration after, std::vector<Finding> findings, RuleVerdict verdict = judged()) {
    Tick tick;
    tick.now = start + after;
    tick.prometheus = "main";
    tick.at = tick.now - 1s;
    tick.findings = std::move(findings);
    tick.rules = {std::move(verdict)};
    return tick;
}

inline Tick elsewhere(Tick tick) {
    tick.prometheus = "second";
    return tick;
}

inline Options options() {
    Options options;
    options.routes = {{.match_text = {}, .match = {Matcher::parse("severity=\"critical\"").value()},
                       .targets = {"oncall"}, .goes_on = true},
                      {.match_text = {}, .match = {}, .targets = {"secops"}, .goes_on = false}};
    options.acknowledging_targets = {"oncall"};
    return options;
}

// Those of the options' routes.
inline const std::vector<std::string> all_targets{"oncall", "secops"};

// A folder that goes away with its test.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "meshwarden-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::string file() const { return (path_ / "meshwarden.db").string(); }
    std::string url() const { return "sqlite:" + file(); }

private:
    std::filesystem::path path_;
};

template <class T>
T must(Result<T> result) {
    INFO((result ? std::string() : result.error().message));
    REQUIRE(result.has_value());
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace meshwarden::incidents::test

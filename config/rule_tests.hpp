// Rule tests as data: series in, findings, notices and blind signals out. Read and checked like every other file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "model/incident.hpp"
#include "rehearsal/series.hpp"

namespace meshwarden::config {

// What is expected of one; whatever is not given may be anything.
struct ExpectedFinding {
    std::string rule;
    std::optional<double> value;
    std::optional<double> threshold;
    std::optional<Severity> severity;
    Labels labels;
    std::string summary;
    int line = 0;
};

struct ExpectedNotice {
    std::optional<NoticeReason> reason;
    std::string rule;
    std::string target;
    Labels labels;
    int line = 0;
};

struct ExpectedBlind {
    std::string signal;
    std::string cause;  // its code
    int line = 0;
};

struct Expectation {
    Duration at{0};
    std::optional<std::vector<ExpectedFinding>> findings;  // exactly these fire then
    std::optional<std::vector<ExpectedNotice>> notices;    // exactly these since the expectation before that names any
    std::optional<std::vector<ExpectedBlind>> blind;       // these at least are; an empty list: none is
    int line = 0;
};

struct Outage {
    Duration from{0};
    Duration to{0};  // Prometheus answers again then
};

struct RuleTest {
    std::string name;
    std::optional<Duration> interval;  // none: the file's
    std::optional<Duration> learning_period;
    std::vector<rehearsal::ScriptedSeries> series;
    std::vector<Outage> outages;
    std::vector<Expectation> expect;
    int line = 0;
};

struct RuleTestFile {
    std::string config_file;                // resolved; "" for none
    std::vector<std::string> rule_files;    // resolved
    std::vector<std::string> signal_files;  // resolved
    Duration interval = std::chrono::seconds(15);
    std::vector<RuleTest> tests;
};

struct LoadedTests {
    RuleTestFile file;
    Config config;                  // what the tests are of
    std::vector<Problem> problems;  // the tests may run only where this is empty
};

LoadedTests load_tests(const std::string& file);

}  // namespace meshwarden::config

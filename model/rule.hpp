// A rule is data: which signal, by which labels, over which window, above what. Read from config/rules/*.yaml.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/matcher.hpp"
#include "model/time.hpp"

namespace meshwarden {

enum class Severity { info, low, medium, high, critical };  // in rising order
std::string_view to_string(Severity severity);
std::optional<Severity> parse_severity(std::string_view text);

struct RuleOverride {
    std::vector<std::string> match_text;
    Matchers match;
    double threshold = 0;
};

// Fires besides the threshold: the increments' share of their base (histogram_tail, ratio).
struct ShareLimit {
    double above = 0;     // 0 to 1, strict
    double at_least = 0;  // of the base, in the window
};

struct RuleSpec {
    std::string name;
    std::string group;
    std::string signal;
    bool enabled = true;
    std::vector<std::string> by;
    Duration window = std::chrono::minutes(1);
    double threshold = 0;           // fires when value > threshold
    std::optional<double> clear;    // calm when value <= clear; none: the threshold
    std::optional<ShareLimit> share;
    Duration hold{0};               // `for` in YAML
    Duration keep_firing_for{0};
    std::string unexplained_by;     // signal whose increments at the same place are subtracted; empty: none
    std::string corroborated_by;    // signal of which the evidence says how much of the value it confirms; empty: none
    bool learned = false;  // judged by anomaly/ against what has been seen so far; threshold and `for` do not apply
    Duration quiet = std::chrono::hours(1);  // learned: resolves after this long without another one
    Severity severity = Severity::medium;
    std::vector<RuleOverride> overrides;
    std::vector<std::string> exclude_text;
    Matchers exclude;
    std::string summary;            // template: {{ value }}, {{ threshold }}, {{ window }}, {{ LABEL }}
    std::string action;
    std::string runbook_url;
    std::vector<std::string> techniques;
};

}  // namespace meshwarden

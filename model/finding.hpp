// What a detector found: a subject, the rule that it breaks, how much, since when, and the evidence. A value.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/labels.hpp"
#include "model/rule.hpp"
#include "model/summary.hpp"
#include "model/time.hpp"

namespace meshwarden {

enum class IncidentKind { threshold, anomaly, coverage, policy };
std::string_view to_string(IncidentKind kind);

struct EvidenceSeries {
    Labels metric;
    std::vector<std::pair<Time, double>> points;  // the window's, plus one before
    double increment = 0;
};

struct TopSource {
    Labels labels;
    double value = 0;
};

struct Evidence {
    static constexpr std::size_t max_series = 20;
    static constexpr std::size_t max_sources = 10;

    Time taken_at;
    std::vector<std::pair<std::string, std::string>> rule;  // the rule as evaluated: window and threshold scaled
    std::vector<EvidenceSeries> series;                     // largest increment first
    std::vector<TopSource> top_sources;                     // largest first
    std::vector<std::string> notes;                         // sentences: corroboration, what was cut
    bool truncated = false;
};

struct Finding {
    std::string rule;
    IncidentKind kind = IncidentKind::threshold;
    Severity severity = Severity::medium;
    Labels subject;  // identity: the same rule and subject are the same incident
    Labels labels;   // shown: the subject and more
    double value = 0;      // the episode's highest
    double threshold = 0;
    Duration window{0};
    Time started_at;                  // sample time of the episode's first event
    Time crossed_at;                  // when the rule began to fire
    std::optional<Time> calm_since;   // the value is calm again although the rule may keep firing
    std::optional<Time> ended_at;     // the rule has stopped firing
    bool blind = false;               // a target that took part is failing: whether it goes on cannot be seen
    std::string summary;
    std::string action;
    std::string runbook_url;
    std::vector<std::string> techniques;
    Evidence evidence;
};

// A finding of a rule about a subject: its texts, its severity and what was measured. Times and evidence are the
// caller's.
Finding finding_of(const RuleSpec& rule, Labels subject, const Reached& reached);

std::string subject_key(const Finding& finding);  // SHA-256 over rule and subject

}  // namespace meshwarden

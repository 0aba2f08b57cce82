// What the baseline finds odd becomes episodes, as far as the budget goes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "anomaly/topology_detector.hpp"

namespace meshwarden::anomaly {
namespace {

bool counts(Kind kind) { return kind == Kind::new_edge || kind == Kind::lateral || kind == Kind::identity; }

bool is_fan(Kind kind) { return kind == Kind::fan_out || kind == Kind::fan_in; }

bool is_new(const Odd& odd) { return odd.found.kind == Kind::new_edge || odd.found.kind == Kind::lateral; }

// As a person would say it.
double rounded(double value) { return value < 10 ? std::round(10 * value) / 10 : std::round(value); }

std::string rule_of(Kind kind) { return "topology-" + std::string(to_string(kind)); }

}  // namespace

bool TopologyDetector::within_budget(const Odd& odd, Severity severity) const {
    const auto budget = options_.alerts_per_day.find(std::string(to_string(severity)));
    const double most = budget == options_.alerts_per_day.end() ? 0 : budget->second;
    return most > 0 && odd.found.alerts_per_day <= most;
}

bool TopologyDetector::told_elsewhere(const Odd& odd) const {
    return odd.found.kind == Kind::vanished || (odd.found.kind == Kind::new_edge && odd.tcp) ||
           (is_new(odd) && (odd.known || refused(odd.labels)));
}

Sighting TopologyDetector::sighting_of(const Odd& odd, Severity usual, Time at) const {
    const auto& found = odd.found;
    const double interval_seconds = double(options_.interval.count()) / 1000;
    return {.labels = odd.labels,
            .at = at,
            .text = is_new(odd) ? arrow(odd.labels) + ": " + odd.text : odd.text,
            .value = counts(found.kind)           ? 1
                     : is_fan(found.kind)         ? std::round(found.observed)
                     : found.kind == Kind::beacon ? found.observed * interval_seconds
                                                  : rounded(found.observed),
            .expected = rounded(found.expected),
            .counts = counts(found.kind),
            .severity = behaviour_.severity_of(odd, usual)};
}

// Fans are told first, since the new edges of their workload belong to them; then a chain, since it says more than the
// new edge at its end. What other rules tell of is left to them.
void TopologyDetector::tell_odd(const std::vector<Odd>& odd, const Snapshot& snapshot) {
    if (!tells(snapshot)) return;
    auto in_order = odd;
    const auto rank = [](const Odd& one) {
        const auto kind = one.found.kind;
        return is_fan(kind) ? 0 : kind == Kind::lateral ? 1 : 2;
    };
    std::ranges::stable_sort(in_order, {}, rank);
    std::set<std::string> chained;
    for (const auto& one : in_order) {
        auto* watch = watches_.find(rule_of(one.found.kind));
        if (!watch || told_elsewhere(one) || (is_new(one) && chained.contains(arrow(one.labels)))) continue;
        const auto* said = snapshot.expectations ? speaks_of(*snapshot.expectations, one.labels) : nullptr;
        if (said && said->expected) continue;
        const auto sighting = sighting_of(one, watch->rule.severity, snapshot.at);
        if (auto* wider = open_wider(one)) {
            if (wider->list(snapshot.at, sighting.text) && is_new(one)) wider->renewed = true;
            wider->last_at = snapshot.at;
        } else if (within_budget(one, sighting.severity)) {
            if (one.found.kind == Kind::lateral) chained.insert(arrow(one.labels));
            watches_.note(*watch, sighting);
        }
    }
    list_members(snapshot);
}

// A fan that is told lists its new edges of the last day: those too that were not odd enough when they came, or are
// told elsewhere.
void TopologyDetector::list_members(const Snapshot& snapshot) {
    for (const auto kind : {Kind::fan_out, Kind::fan_in}) {
        auto* watch = watches_.find(rule_of(kind));
        if (!watch || watch->open.empty()) continue;
        for (const auto& [key, edge] : edges_.all()) {
            if (edge.expected || edge.first_seen + std::chrono::days(1) <= snapshot.at) continue;
            auto* episode = watch->find(edge.labels);
            if (!episode || episode->last_at != snapshot.at) continue;
            const auto start = arrow(edge.labels) + ": ";
            const auto tells_of_it = [&](const auto& line) { return line.second.starts_with(start); };
            if (std::ranges::none_of(episode->listed, tells_of_it))
                episode->list(edge.first_seen, fmt::format("{}first seen, over {}", start, edge.labels.get("protocol")));
        }
    }
}

// What is open already and covers it: a new edge belongs to the fan of its source or its destination (but a chain out of
// a workload is not the affair of whoever else calls its destination), and an edge carries too much in one way only.
Episode* TopologyDetector::open_wider(const Odd& odd) {
    static const std::map<Kind, std::vector<Kind>> wider{
        {Kind::new_edge, {Kind::fan_out, Kind::fan_in}},
        {Kind::lateral, {Kind::fan_out}},
        {Kind::burst, {Kind::off_hours, Kind::ramp}},
        {Kind::ramp, {Kind::off_hours, Kind::burst}},
        {Kind::off_hours, {Kind::burst, Kind::ramp}},
    };
    const auto over = wider.find(odd.found.kind);
    if (over == wider.end()) return nullptr;
    for (const auto kind : over->second) {
        auto* watch = watches_.find(rule_of(kind));
        if (auto* episode = watch ? watch->find(odd.labels) : nullptr) return episode;
    }
    return nullptr;
}

// An episode of one edge lasts as long as its intervals are odder than what a day brings.
void TopologyDetector::keep_open(const Snapshot& snapshot) {
    for (auto& [key, edge] : edges_.all()) {
        const auto score = behaviour_.score(edge.labels);
        if (!score) continue;
        edge.score = *score;
        if (*score <= 0) continue;
        for (const auto kind : {Kind::burst, Kind::ramp, Kind::off_hours, Kind::beacon})
            if (auto* watch = watches_.find(rule_of(kind)))
                if (auto* episode = watch->find(edge.labels)) episode->last_at = snapshot.at;
    }
}

}  // namespace meshwarden::anomaly

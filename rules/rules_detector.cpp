#include "rules/rules_detector.hpp"

#include <algorithm>

namespace meshwarden::rules {
namespace {

Duration longest_interval(const RuleSpec& rule, const std::vector<SignalSpec>& signals) {
    Duration longest{0};
    for (const auto& signal : signals)
        if (signal.name == rule.signal || signal.name == rule.unexplained_by)
            longest = std::max(longest, signal.interval.value_or(Duration{0}));
    return longest;
}

}  // namespace

RulesDetector::RulesDetector(const std::vector<RuleSpec>& rules, const std::vector<SignalSpec>& signals) {
    for (const auto& rule : rules) {
        if (rule.learned) continue;
        if (!rule.enabled) {
            off_.push_back(rule.name);
        } else if (rule.signal == CoverageJudge::signal) {
            coverage_.emplace_back(rule);
        } else if (const auto signal = std::ranges::find(signals, rule.signal, &SignalSpec::name);
                   signal != signals.end()) {
            judges_.emplace_back(rule, *signal, longest_interval(rule, signals));
        }
    }
}

Inspection RulesDetector::inspect(const Snapshot& snapshot) {
    Inspection inspection;
    if (snapshot.reachable) answered_at_ = snapshot.at;
    for (auto& judge : judges_) judge.inspect(snapshot, inspection);
    for (auto& judge : coverage_) judge.inspect(snapshot, inspection);
    for (const auto& rule : off_) inspection.rules.push_back({rule, RuleHealth::off, false, {}, 0, Duration{0}});
    return inspection;
}

Horizon RulesDetector::horizon() const {
    Horizon horizon;
    for (const auto& judge : judges_) {
        horizon.back = std::max(horizon.back, judge.horizon());
        for (const auto& [signal, at] : judge.settled()) {
            const auto entry = horizon.settled.try_emplace(signal, at).first;
            entry->second = std::min(entry->second, at);
        }
    }
    return horizon;
}

std::string RulesDetector::save() const {
    RuleStates states;
    for (const auto& judge : judges_)
        if (auto state = judge.state(answered_at_)) states.emplace(judge.rule(), std::move(*state));
    return to_text(states);
}

Result<void> RulesDetector::load(std::string_view text) {
    auto states = parse_rule_states(text);
    if (!states) return std::unexpected(states.error());
    for (auto& judge : judges_)
        if (const auto found = states->find(judge.rule()); found != states->end()) judge.resume(std::move(found->second));
    return {};
}

}  // namespace meshwarden::rules

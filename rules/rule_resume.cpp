// What a RuleJudge carries over a restart: out into a RuleState, and back.
#include <algorithm>
#include <utility>

#include "rules/rule_judge.hpp"

namespace meshwarden::rules {
namespace {

// What fired before a longer time in which nobody looked is over, or fires again.
constexpr Duration longest_absence = std::chrono::hours(24);
constexpr std::size_t most_saved = 1000;  // groups of a rule; of others what fires is found in the history

}  // namespace

std::map<std::string, Time> RuleJudge::settled() const {
    std::map<std::string, Time> settled;
    if (!resumed_.settled_to) return settled;
    for (const auto& signal : {rule_.signal, rule_.unexplained_by, rule_.corroborated_by})
        if (!signal.empty()) settled.emplace(signal, *resumed_.settled_to);
    return settled;
}

std::optional<RuleState> RuleJudge::state(Time cursor) const {
    if (!settled_to_) return resumed_.settled_to || !resumed_.groups.empty() ? std::optional(resumed_) : std::nullopt;
    RuleState state;
    if (*settled_to_ < cursor) state.settled_to = settled_to_;
    for (const auto& [labels, group] : groups_) {
        const auto& episode = group.episode;
        auto waits = group.meter->waits();
        if (!episode.firing() && waits.empty()) continue;
        if (state.groups.size() == most_saved) break;
        auto& one = state.groups.emplace_back(GroupState{labels, std::nullopt, {}, std::move(waits)});
        if (!episode.firing()) continue;
        one.firing = {group.started_at, *episode.last_crossed_at(), group.peak, episode.calm_since(),
                      episode.was_calm()};
        one.unseen = group.unseen;
    }
    return state.settled_to || !state.groups.empty() ? std::optional(std::move(state)) : std::nullopt;
}

void RuleJudge::resume(RuleState state) {
    resumed_ = std::move(state);
}

void RuleJudge::begin(const Snapshot& snapshot, double factor) {
    const auto resumed = std::exchange(resumed_, {});
    settled_to_ = std::min(resumed.settled_to.value_or(snapshot.since), snapshot.since);
    if (snapshot.at - snapshot.since > longest_absence) return;
    for (const auto& group : resumed.groups) resume(group, factor);
}

void RuleJudge::resume(const GroupState& state, double factor) {
    if (state.group.only(rule_.by) != state.group) return;
    auto& group = group_of(state.group, factor);
    group.meter->resume(state.waits, *settled_to_);
    if (!state.firing || (state.firing->peak <= group.threshold && !rule_.share)) return;
    const auto& firing = *state.firing;
    group.episode = Episode(firing.crossed_at, firing.calm_since, firing.was_calm);
    group.started_at = firing.started_at;
    group.shown_from = firing.crossed_at;
    group.peak = firing.peak;
    group.unseen = state.unseen;
    group.judged_to = *settled_to_;
}

}  // namespace meshwarden::rules

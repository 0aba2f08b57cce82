#include "rules/coverage_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/summary.hpp"

namespace meshwarden::rules {
namespace {

constexpr Duration memory = std::chrono::minutes(10);

// Targets that show the signal. A family that some of them have not created yet (after a restart, before traffic) is
// not a loss: only what failing targets account for is, or targets that are gone, or a family that none shows any more.
int showing(const Snapshot& snapshot, const Coverage& coverage) {
    if (coverage.covered == 0) return 0;
    return std::max(coverage.covered, coverage.expected - int(snapshot.failing_targets.size()));
}

// Pods that a rollout or a scale-in took are not lost sight. But no rollout takes most of a mesh.
bool explains(int before, int seen) {
    constexpr int many = 10;
    return seen > 0 && (before < many || 2 * seen >= before);
}

}  // namespace

int CoverageJudge::Highest::note(Time at, int count, bool ages) {
    while (ages && !falling_.empty() && falling_.front().first <= at - memory) falling_.pop_front();
    while (!falling_.empty() && falling_.back().second <= count) falling_.pop_back();
    falling_.emplace_back(at, count);
    return falling_.front().second;
}

CoverageJudge::CoverageJudge(RuleSpec rule) : rule_(std::move(rule)) {}

// What is lost is not forgotten while targets fail that did not fail before.
bool CoverageJudge::forgets(const Snapshot& snapshot) const {
    return !episode_.firing() || std::ranges::all_of(snapshot.failing_targets, [&](const Labels& target) {
        return failed_before_.contains(target);
    });
}

double CoverageJudge::lost_share(const Snapshot& snapshot) {
    double worst = 0;
    lost_.clear();
    const bool ages = forgets(snapshot);
    const int gone = listed_.note(snapshot.at, snapshot.targets, ages) - snapshot.targets;
    for (const auto& reading : snapshot.readings) {
        // Asked and not answered in time is not the same as gone.
        const auto& code = reading.coverage.cause.code;
        if (code == "timeout" || code == "partial" || code == "query_failed") continue;
        const int seen = showing(snapshot, reading.coverage);
        const int before = showing_[reading.signal].note(snapshot.at, seen, ages);
        if (before == 0) continue;
        const int lost = std::max(0, before - seen - (explains(before, seen) ? gone : 0));
        const double share = double(lost) / before;
        if (share > rule_.threshold)
            lost_[reading.signal] = fmt::format("{}: seen on {} targets, on {} before", reading.signal, seen, before);
        worst = std::max(worst, share);
    }
    return worst;
}

double CoverageJudge::value(const Snapshot& snapshot) {
    if (rule_.name != unreachable_rule) return lost_share(snapshot);
    reached_ = reached_ || snapshot.reachable;
    if (snapshot.reachable || !last_reached_) last_reached_ = snapshot.at;
    return to_epoch_seconds(snapshot.at) - to_epoch_seconds(*last_reached_);
}

void CoverageJudge::inspect(const Snapshot& snapshot, Inspection& out) {
    const bool watches_prometheus = rule_.name == unreachable_rule;
    RuleVerdict verdict{rule_.name, RuleHealth::ok,  watches_prometheus || snapshot.reachable,
                        {},         rule_.threshold, Duration{0}};
    if (!verdict.judged) {
        verdict.health = RuleHealth::blind;
        verdict.cause = snapshot.unreachable_cause;
        out.rules.push_back(std::move(verdict));
        return;
    }
    const double now = value(snapshot);
    episode_.clear_ended();
    const bool idle = !episode_.firing() && !episode_.pending();
    if (idle) peak_ = 0;
    episode_.step(snapshot.at, now > rule_.threshold, now <= rule_.clear.value_or(rule_.threshold),
                  {rule_.hold, rule_.keep_firing_for});
    peak_ = std::max(peak_, now);
    if (!episode_.firing() && !episode_.pending())
        failed_before_ = {snapshot.failing_targets.begin(), snapshot.failing_targets.end()};
    if (episode_.firing()) verdict.health = RuleHealth::firing;
    // After a start without an answer nobody knows yet since when there is none.
    if (watches_prometheus && !reached_ && !episode_.firing()) {
        verdict.judged = false;
        verdict.health = RuleHealth::blind;
        verdict.cause = snapshot.unreachable_cause;
    }
    out.rules.push_back(verdict);
    if (!episode_.crossed_at()) return;

    auto finding =
        finding_of(rule_, Labels{{"prometheus", snapshot.prometheus}}, {peak_, rule_.threshold, Duration{0}});
    finding.kind = IncidentKind::coverage;
    finding.started_at = *episode_.crossed_at() - rule_.hold;
    finding.crossed_at = *episode_.last_crossed_at();
    finding.calm_since = episode_.calm_since();
    finding.ended_at = episode_.ended_at();
    finding.evidence.taken_at = snapshot.at;
    finding.evidence.rule = {
        {"name", rule_.name}, {"threshold", pretty_number(rule_.threshold)}, {"for", to_string(rule_.hold)}};
    for (const auto& lost : lost_) finding.evidence.notes.push_back(lost.second);
    if (!snapshot.unreachable_cause.empty()) finding.evidence.notes.push_back(snapshot.unreachable_cause);
    out.findings.push_back(std::move(finding));
}

}  // namespace meshwarden::rules

#include "rules/rule_judge.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/summary.hpp"

namespace meshwarden::rules {
namespace {

const Reading* reading_of(const Snapshot& snapshot, const std::string& signal) {
    const auto found = std::ranges::find(snapshot.readings, signal, &Reading::signal);
    return found == snapshot.readings.end() ? nullptr : &*found;
}

std::vector<std::pair<std::string, std::string>> described(const RuleSpec& rule, double threshold, double clear,
                                                           Duration window) {
    std::vector<std::pair<std::string, std::string>> fields{
        {"name", rule.name},
        {"signal", rule.signal},
        {"by", fmt::format("{}", fmt::join(rule.by, ", "))},
        {"window", to_string(window)},
        {"threshold", pretty_number(threshold)},
        {"clear", pretty_number(clear)},
        {"for", to_string(rule.hold)},
        {"keep_firing_for", to_string(rule.keep_firing_for)},
        {"severity", std::string(to_string(rule.severity))},
    };
    if (window != rule.window) fields.emplace_back("declared_window", to_string(rule.window));
    if (rule.share)
        fields.emplace_back("share", fmt::format("above {} of at least {}", rule.share->above, rule.share->at_least));
    if (!rule.unexplained_by.empty()) fields.emplace_back("unexplained_by", rule.unexplained_by);
    return fields;
}

}  // namespace

RuleJudge::RuleJudge(RuleSpec rule, const SignalSpec& signal)
    : rule_(std::move(rule)), kind_(signal.kind), drop_over_(signal.over) {}

Duration RuleJudge::horizon() const {
    return rule_.window + rule_.hold + rule_.keep_firing_for + std::chrono::minutes(1);
}

bool RuleJudge::counts_events() const {
    return kind_ == SignalKind::counter || kind_ == SignalKind::histogram_tail;
}

// A window shorter than two scrape intervals would miss samples: it grows, and the threshold with it.
double RuleJudge::scale(Duration scrape_interval) const {
    if (!counts_events() && kind_ != SignalKind::ratio) return 1;
    return std::max(1.0, double((2 * scrape_interval).count()) / double(rule_.window.count()));
}

double RuleJudge::clear_of(const Group& group) const {
    if (!rule_.clear || rule_.threshold == 0)
        return rule_.clear ? std::min(*rule_.clear, group.threshold) : group.threshold;
    return *rule_.clear * group.threshold / rule_.threshold;
}

RuleJudge::Group& RuleJudge::group_of(const Labels& labels, double factor) {
    const auto [found, fresh] = groups_.try_emplace(labels.only(rule_.by));
    auto& group = found->second;
    if (fresh) {
        group.labels = found->first;
        group.meter = make_meter(kind_, drop_over_, rule_, window_);
        const auto special = std::ranges::find_if(
            rule_.overrides, [&](const RuleOverride& o) { return all_match(o.match, group.labels); });
        group.threshold =
            (special == rule_.overrides.end() ? rule_.threshold : special->threshold) * (counts_events() ? factor : 1);
    }
    return group;
}

void RuleJudge::take_in(const Reading& reading, double factor) {
    for (const auto& update : reading.updates) {
        if (!rule_.exclude.empty() && all_match(rule_.exclude, update.series->labels)) continue;
        auto& group = group_of(update.series->labels, factor);
        group.meter->add(update);
        group.history.add(update);
    }
}

void RuleJudge::remember_refusals(const Reading* reading, std::vector<Refusal>& refusals) const {
    if (!reading) return;
    for (const auto& update : reading->updates)
        for (const auto& point : update.points)
            if (point.increment > 0 && update.series->labels.get("reason") != "tcp" &&
                update.series->labels.has("refused_by"))
                refusals.push_back({point.at, place_of(update.series->labels), point.increment});
}

void RuleJudge::explain(const Reading* reading) {
    remember_refusals(reading, explained_);
    std::erase_if(explained_, [&](const Refusal& refusal) {
        for (auto& [labels, group] : groups_) {
            if (!group.history.stands_at(refusal.place)) continue;
            if (auto* meter = dynamic_cast<WindowMeter*>(group.meter.get()))
                meter->subtract(refusal.at, refusal.increment);
            return true;
        }
        return false;
    });
}

RuleVerdict RuleJudge::verdict(const Snapshot& snapshot, const Reading* reading) const {
    RuleVerdict verdict{rule_.name,
                        RuleHealth::ok,
                        false,
                        {},
                        rule_.threshold * (counts_events() ? scale(snapshot.scrape_interval) : 1),
                        window_};
    const bool firing = std::ranges::any_of(groups_, [](const auto& entry) { return entry.second.episode.firing(); });
    if (firing) verdict.health = RuleHealth::firing;
    if (!snapshot.reachable || !reading || reading->coverage.sight == Sight::blind) {
        verdict.health = RuleHealth::blind;
        verdict.cause = !snapshot.reachable ? snapshot.unreachable_cause
                        : reading           ? reading->coverage.cause.text
                                            : "signal " + rule_.signal + " is not read";
    }
    verdict.judged = snapshot.reachable && reading && reading->answered && reading->coverage.sight != Sight::blind;
    return verdict;
}

void RuleJudge::inspect(const Snapshot& snapshot, Inspection& out) {
    const double factor = scale(snapshot.scrape_interval);
    window_ = Duration(std::int64_t(double(rule_.window.count()) * factor));
    const auto* reading = reading_of(snapshot, rule_.signal);
    const auto* explainer = rule_.unexplained_by.empty() ? nullptr : reading_of(snapshot, rule_.unexplained_by);
    if (reading) take_in(*reading, factor);
    explain(explainer);
    if (!rule_.corroborated_by.empty()) remember_refusals(reading_of(snapshot, rule_.corroborated_by), confirmed_);

    const bool explainable = rule_.unexplained_by.empty() || (explainer && explainer->answered);
    if (snapshot.reachable && reading && reading->answered && explainable) {
        for (auto& [labels, group] : groups_) judge(group, snapshot, out);
        judged_to_ = snapshot.at;
        const Time oldest = snapshot.at - window_ - rule_.hold;
        for (auto& [labels, group] : groups_) group.history.prune(oldest);
        std::erase_if(groups_, [&](auto& entry) {
            const bool silent = entry.second.meter->prune(snapshot.at - rule_.hold);
            return silent && !entry.second.episode.firing() && !entry.second.episode.pending();
        });
        for (auto* refusals : {&confirmed_, &explained_})
            std::erase_if(*refusals, [&](const Refusal& refusal) { return refusal.at <= oldest; });
    }
    auto rule = verdict(snapshot, reading);
    rule.judged = rule.judged && explainable;
    out.rules.push_back(std::move(rule));
}

void RuleJudge::judge(Group& group, const Snapshot& snapshot, Inspection& out) {
    auto times = group.meter->changes(judged_to_, snapshot.at);
    times.push_back(snapshot.at);
    std::ranges::sort(times);
    times.erase(std::ranges::unique(times).begin(), times.end());
    // A target that fails now did not while it showed samples: an episode that was over by then stays over.
    const auto unseen_since = group.history.unseen_since(snapshot.failing_targets);
    group.blind = unseen_since.has_value();
    // The caller's series may come up to a scrape after the refusing pod's.
    const Duration hold =
        rule_.unexplained_by.empty() ? rule_.hold : std::max(rule_.hold, snapshot.scrape_interval * 3 / 2);
    const Timing timing{hold, rule_.keep_firing_for};
    for (const Time time : times) {
        const auto measure = group.meter->at(time);
        const bool over = measure.value > group.threshold || measure.share_exceeded;
        const bool unseen = unseen_since && time > *unseen_since;
        const bool calm = measure.value <= clear_of(group) && !measure.share_exceeded && !unseen;
        const bool was_idle = !group.episode.firing() && !group.episode.pending();
        group.episode.step(time, over, calm, timing);
        if (group.episode.ended_at()) {
            emit(group, snapshot, out);
            group.episode.clear_ended();
            group.episode.step(time, over, calm, timing);
        }
        if (!group.episode.firing() && !group.episode.pending()) {
            group.peak = 0;
            group.evidence.reset();
            continue;
        }
        if (was_idle || group.peak == 0) group.started_at = group.meter->first_event(time);
        // A burst is scraped pod by pod: the evidence grows with the value until the first window is over.
        const bool first_window = group.episode.crossed_at() && time <= *group.episode.crossed_at() + window_;
        if (measure.value > group.peak && first_window) group.evidence.reset();
        group.peak = std::max(group.peak, measure.value);
    }
    if (group.episode.firing()) emit(group, snapshot, out);
}

void RuleJudge::freeze(Group& group, Time at) const {
    const Time from = *group.episode.crossed_at() - window_ - rule_.hold;
    const Time to = std::min(at, group.episode.calm_since().value_or(at));
    group.evidence = group.history.evidence(from, to);
    group.evidence->rule = described(rule_, group.threshold, clear_of(group), window_);
    if (rule_.corroborated_by.empty()) return;
    double rbac = 0;
    for (const auto& refusal : confirmed_)
        if (refusal.at > from && refusal.at <= to && group.history.stands_at(refusal.place)) rbac += refusal.increment;
    auto note = corroboration(group.history.sum(from, to, "http"), group.history.sum(from, to, "grpc"), rbac);
    if (!note.empty()) group.evidence->notes.insert(group.evidence->notes.begin(), std::move(note));
}

void RuleJudge::emit(Group& group, const Snapshot& snapshot, Inspection& out) const {
    const auto& episode = group.episode;
    if (episode.ended_at() && *episode.ended_at() <= snapshot.since) return;
    if (!group.evidence) freeze(group, snapshot.at);
    auto finding = finding_of(rule_, group.labels, {group.peak, group.threshold, window_});
    finding.started_at = group.started_at;
    finding.crossed_at = *episode.crossed_at();
    finding.calm_since = episode.calm_since();
    finding.ended_at = episode.ended_at();
    finding.blind = group.blind;
    finding.evidence = *group.evidence;
    out.findings.push_back(std::move(finding));
}

}  // namespace meshwarden::rules

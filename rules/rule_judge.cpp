#include "rules/rule_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "model/summary.hpp"

namespace meshwarden::rules {
namespace {

// So long a proxy's scrapes may fail until its counter tells of refusals that others have told of.
constexpr Duration patience = std::chrono::minutes(10);
// So long what a signal shows in part is kept until it answers in full.
constexpr Duration longest_gap = std::chrono::hours(6);

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

void remember(const Reading& reading, std::map<Place, std::vector<Explained>>& refusals) {
    for (const auto& update : reading.updates) {
        const Labels& labels = update.series->labels;
        if (labels.get("reason") == "tcp" || !labels.has("refused_by")) continue;
        for (const auto& point : update.points)
            if (point.increment > 0) refusals[place_of(labels)].push_back({point.at, point.increment});
    }
}

double total(const std::map<Place, std::vector<Explained>>& refusals, const std::set<Place>& places, Time from, Time to) {
    double sum = 0;
    for (const auto& place : places)
        if (const auto found = refusals.find(place); found != refusals.end())
            for (const auto& refusal : found->second)
                if (refusal.at > from && refusal.at <= to) sum += refusal.increment;
    return sum;
}

void forget_before(Time oldest, std::map<Place, std::vector<Explained>>& refusals) {
    for (auto& [place, events] : refusals)
        std::erase_if(events, [&](const Explained& event) { return event.at <= oldest; });
    std::erase_if(refusals, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace

RuleJudge::RuleJudge(RuleSpec rule, const SignalSpec& signal, Duration interval)
    : rule_(std::move(rule)), kind_(signal.kind), drop_over_(signal.over), interval_(interval) {}

Duration RuleJudge::horizon() const {
    constexpr Duration slow_scrapes = std::chrono::minutes(3);  // the window grows with their interval
    return rule_.window + rule_.hold + rule_.keep_firing_for + slow_scrapes;
}

bool RuleJudge::counts_events() const {
    return kind_ == SignalKind::counter || kind_ == SignalKind::histogram_tail;
}

// A window shorter than two scrape intervals would miss samples: it grows, and the threshold with it.
double RuleJudge::scale(Duration scrape_interval) const {
    if (!counts_events() && kind_ != SignalKind::ratio) return 1;
    return std::max(1.0, double((2 * scrape_interval).count()) / double(rule_.window.count()));
}

RuleJudge::Group& RuleJudge::group_of(const Labels& labels, double factor) {
    const auto [found, fresh] = groups_.try_emplace(labels.only(rule_.by));
    auto& group = found->second;
    if (fresh) {
        group.labels = found->first;
        group.meter = make_meter(kind_, drop_over_, rule_, window_);
        const auto special = std::ranges::find_if(
            rule_.overrides, [&](const RuleOverride& o) { return all_match(o.match, group.labels); });
        const double scaled = counts_events() ? factor : 1;
        group.threshold = (special == rule_.overrides.end() ? rule_.threshold : special->threshold) * scaled;
        group.clear = rule_.clear ? std::min(*rule_.clear * scaled, group.threshold) : group.threshold;
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

void RuleJudge::explain() {
    if (explained_.empty()) return;
    for (auto& [labels, group] : groups_) {
        auto* meter = dynamic_cast<WindowMeter*>(group.meter.get());
        if (!meter) continue;
        for (const auto& place : group.history.places())
            if (const auto found = explained_.find(place); found != explained_.end()) meter->explain(found->second);
    }
}

std::optional<std::string> RuleJudge::blindness(const Snapshot& snapshot) const {
    if (!snapshot.reachable) return snapshot.unreachable_cause;
    for (const auto& signal : {rule_.signal, rule_.unexplained_by}) {
        if (signal.empty()) continue;
        const auto* reading = snapshot.reading(signal);
        if (!reading) return "signal " + signal + " is not read";
        if (reading->coverage.sight != Sight::blind) continue;
        const auto& cause = reading->coverage.cause.text;
        return signal == rule_.signal ? cause : signal + ": " + cause;
    }
    return std::nullopt;
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
    if (auto cause = blindness(snapshot)) {
        verdict.health = RuleHealth::blind;
        verdict.cause = std::move(*cause);
    }
    verdict.judged = snapshot.reachable && reading && reading->answered && reading->coverage.sight != Sight::blind;
    return verdict;
}

void RuleJudge::inspect(const Snapshot& snapshot, Inspection& out) {
    const double factor = scale(snapshot.scrape_interval);
    window_ = Duration(std::int64_t(double(rule_.window.count()) * factor));
    if (snapshot.reachable && !settled_to_) begin(snapshot, factor);
    const auto* reading = snapshot.reading(rule_.signal);
    const auto* explainer = rule_.unexplained_by.empty() ? nullptr : snapshot.reading(rule_.unexplained_by);
    if (reading) take_in(*reading, factor);
    if (explainer) remember(*explainer, explained_);
    explain();
    for (auto& [labels, group] : groups_) group.meter->list(snapshot);
    if (const auto* confirming = snapshot.reading(rule_.corroborated_by)) {
        remember(*confirming, confirmed_);
        if (reading) remember(*reading, shown_);
    }

    const bool explainable = rule_.unexplained_by.empty() || (explainer && explainer->answered);
    const bool answered = snapshot.reachable && reading && reading->answered && explainable;
    const bool standing = !answered && stands(snapshot, reading, explainer);
    for (auto& [labels, group] : groups_) {
        if (answered) group.meter->answered(snapshot);
        if (answered) judge(group, snapshot, out);
        if (standing && group.episode.firing()) emit(group, snapshot, out);
    }
    if (answered) {
        settled_to_ = judged_to_ = snapshot.at;
        forget(snapshot.at);
    } else {
        forget(snapshot.at - longest_gap);
    }
    auto rule = verdict(snapshot, reading);
    rule.judged = standing || (rule.judged && explainable);
    out.rules.push_back(std::move(rule));
}

bool RuleJudge::stands(const Snapshot& snapshot, const Reading* reading, const Reading* explainer) const {
    const auto sees = [](const Reading* one) { return one && one->coverage.sight != Sight::blind; };
    return snapshot.reachable && judged_to_ > Time::min() && snapshot.at - judged_to_ < interval_ && sees(reading) &&
           (rule_.unexplained_by.empty() || sees(explainer));
}

void RuleJudge::forget(Time now) {
    const Time oldest = now - window_ - rule_.hold;
    for (auto& [labels, group] : groups_) group.history.prune(oldest);
    std::erase_if(groups_, [&](auto& entry) {
        const bool silent = entry.second.meter->prune(now - rule_.hold);
        return silent && !entry.second.episode.firing() && !entry.second.episode.pending();
    });
    forget_before(oldest, confirmed_);
    forget_before(oldest, shown_);
    forget_before(std::min<Time>(oldest, now - patience), explained_);
}

// A target that goes on failing took part, however long ago its last sample was.
std::optional<Time> RuleJudge::note_unseen(Group& group, const std::vector<Labels>& failing_targets) {
    auto unseen = group.history.unseen(failing_targets);
    for (const auto& [target, last] : group.unseen)
        if (fails(target, failing_targets)) unseen.try_emplace(target, last);
    group.unseen = std::move(unseen);
    if (group.unseen.empty()) return std::nullopt;
    return std::ranges::min(group.unseen | std::views::values);
}

void RuleJudge::judge(Group& group, const Snapshot& snapshot, Inspection& out) {
    auto times = group.meter->changes(std::max(judged_to_, group.judged_to), snapshot.at);
    times.push_back(snapshot.at);
    std::ranges::sort(times);
    times.erase(std::ranges::unique(times).begin(), times.end());
    // A target that fails now did not while it showed samples: an episode that was over by then stays over.
    const auto unseen_since = note_unseen(group, snapshot.failing_targets);
    group.blind = unseen_since.has_value();
    // The caller's series may come up to a scrape after the refusing pod's.
    const Duration hold =
        rule_.unexplained_by.empty() ? rule_.hold : std::max(rule_.hold, snapshot.scrape_interval * 3 / 2);
    const Timing timing{hold, rule_.keep_firing_for};
    for (const Time time : times) {
        const auto measure = group.meter->at(time);
        const bool over = measure.value > group.threshold || measure.share_exceeded;
        const bool unseen = unseen_since && time > *unseen_since;
        const bool calm = measure.value <= group.clear && !measure.share_exceeded && !unseen;
        const bool was_idle = !group.episode.firing() && !group.episode.pending();
        const auto step = [&] {
            const auto crossed_before = group.episode.last_crossed_at();
            group.episode.step(time, over, calm, timing);
            if (group.episode.last_crossed_at() != crossed_before) begin_evidence(group, crossed_before);
        };
        step();
        if (group.episode.ended_at()) {
            emit(group, snapshot, out);
            group.episode.clear_ended();
            step();
        }
        if (!group.episode.firing() && !group.episode.pending()) {
            group.peak = 0;
            group.evidence.reset();
            continue;
        }
        if (was_idle || group.peak == 0) group.started_at = group.meter->first_event(time);
        // A burst is scraped pod by pod: the evidence grows with the value until the first window is over.
        const auto crossed = group.episode.last_crossed_at();
        const bool first_window = crossed && time <= *crossed + window_;
        if (measure.value > group.peak && first_window) group.evidence.reset();
        group.peak = std::max(group.peak, measure.value);
    }
    if (group.episode.firing()) emit(group, snapshot, out);
}

// From a crossing on that nobody was shown yet: of several in one look from the first of its episode.
void RuleJudge::begin_evidence(Group& group, std::optional<Time> crossed_before) const {
    group.evidence.reset();
    const auto crossed = group.episode.last_crossed_at();
    if (crossed == group.episode.crossed_at() || crossed_before <= judged_to_) group.shown_from = *crossed;
}

void RuleJudge::freeze(Group& group, Time at) const {
    const Time from = group.shown_from - window_ - rule_.hold;
    const Time to = std::min(at, group.episode.calm_since().value_or(at));
    group.evidence = group.history.evidence(from, to);
    group.evidence->rule = described(rule_, group.threshold, group.clear, window_);
    if (rule_.corroborated_by.empty()) return;
    if (auto note = corroborated(group.history, from, to); !note.empty())
        group.evidence->notes.insert(group.evidence->notes.begin(), std::move(note));
}

std::string RuleJudge::corroborated(const History& history, Time from, Time to) const {
    const auto places = history.places();
    const double http = history.sum(from, to, "http");
    const double grpc = history.sum(from, to, "grpc");
    const double elsewhere = total(shown_, places, from, to) - history.placed(from, to);
    return corroboration(http, grpc + std::max(0.0, elsewhere), total(confirmed_, places, from, to));
}

void RuleJudge::emit(Group& group, const Snapshot& snapshot, Inspection& out) const {
    const auto& episode = group.episode;
    if (episode.ended_at() && *episode.ended_at() <= *settled_to_) return;
    if (!group.evidence) freeze(group, snapshot.at);
    auto finding = finding_of(rule_, group.labels, {group.peak, group.threshold, window_});
    finding.started_at = group.started_at;
    finding.crossed_at = *episode.last_crossed_at();
    finding.calm_since = episode.calm_since();
    finding.ended_at = episode.ended_at();
    finding.blind = group.blind;
    finding.evidence = *group.evidence;
    out.findings.push_back(std::move(finding));
}

}  // namespace meshwarden::rules

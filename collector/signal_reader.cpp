#include "collector/signal_reader.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshwarden::collector {
namespace {

// How long a doubt about a signal is shown.
constexpr Duration doubt = std::chrono::minutes(10);
// Whose events a signal's value counts.
constexpr Duration shown = std::chrono::minutes(1);

}  // namespace

SignalReader::SignalReader(SignalSpec spec, const Options& options, std::vector<const Liveness*> liveness)
    : spec_(std::move(spec)), liveness_(std::move(liveness)), patience_(3 * options.endpoint.timeout) {
    if (spec_.edges) return;
    for (const auto& part : spec_.parts) {
        if (!levels_kind()) {
            parts_.emplace_back(spec_, part, options);
            continue;
        }
        const Extractor extract(part.labels, options.trust_domains, options.cluster);
        levels_.emplace_back(part.selector, [extract](const Metric& metric) {
            return std::make_shared<const Series>(Series{metric.materialise(), extract(metric)});
        });
    }
}

bool SignalReader::levels_kind() const {
    return spec_.kind == SignalKind::gauge || spec_.kind == SignalKind::drop;
}

void SignalReader::begin(const Poll& poll) {
    due_ = !spec_.edges && poll.now >= next_ && poll.now >= retry_at_;
    if (due_) standing_failure_.reset();
    if (due_ && spec_.interval) next_ = poll.now + *spec_.interval;
    levels_asked_ = false;
    levels_failure_.reset();
    level_updates_.clear();
    for (auto& part : parts_) part.begin();
}

bool SignalReader::behind(Time now) const {
    return due_ && std::ranges::any_of(parts_, [&](const PartReader& part) { return part.behind(now); });
}

bool SignalReader::far_behind(const Poll& poll) const {
    return due_ && std::ranges::any_of(parts_, [&](const PartReader& part) { return part.far_behind(poll); });
}

void SignalReader::ask(const Poll& poll, Questions& questions) {
    if (!due_) return;
    for (auto& part : parts_) part.ask(poll, questions);
    if (levels_asked_) return;
    const Duration history =
        std::min<Duration>(std::max<Duration>(poll.now - poll.start(spec_.name), spec_.over), std::chrono::hours(6));
    for (auto& level : levels_) level.ask(poll.now, history, spec_.name, questions);
}

void SignalReader::ask_samples(const Poll& poll, const Questions& questions, Questions& samples) {
    for (auto& part : parts_)
        if (due_) part.ask_samples(poll, questions, samples);
}

void SignalReader::take(const Questions& questions, const Questions& samples,
                        const std::unordered_set<std::uint64_t>& failing, Targets& targets) {
    if (!due_) return;
    for (auto& part : parts_) part.take(questions, samples, targets);
    if (std::exchange(levels_asked_, true)) return;
    for (auto& level : levels_) {
        if (auto cause = level.take(questions, failing, level_updates_)) levels_failure_ = std::move(cause);
    }
}

void SignalReader::need(const Poll& poll, Needs& needs) const {
    for (const auto& part : parts_)
        if (due_) part.need(poll, needs);
}

void SignalReader::ask_reporters(Questions& more) {
    for (auto& part : parts_)
        if (due_) part.ask_reporters(more);
}

void SignalReader::fold(const Questions& more, const std::expected<TargetFacts, Cause>& facts, const Targets& targets,
                        const Poll& poll) {
    for (auto& part : parts_)
        if (due_) part.fold(more, facts, targets, poll);
}

std::optional<Cause> SignalReader::failure() const {
    for (const auto& part : parts_)
        if (part.failure()) return part.failure();
    return levels_failure_ ? levels_failure_ : standing_failure_;
}

void SignalReader::gather(Reading& reading, Time now) {
    reading.updates = std::move(level_updates_);
    for (auto& part : parts_) std::ranges::move(part.updates(), std::back_inserter(reading.updates));
    std::erase_if(recent_, [&](const auto& event) { return event.first <= now - shown; });
    for (const auto& update : reading.updates) {
        if (levels_kind() && !update.points.empty()) reading.coverage.value += update.points.back().value;
        for (const auto& point : update.points)
            if (point.at > now - shown && point.increment > 0) recent_.emplace_back(point.at, point.increment);
    }
    for (const auto& [at, events] : recent_) reading.coverage.value += events;
}

// Each pair of questions counts once, however many parts share it.
void SignalReader::cover(Reading& reading, const std::vector<Labels>& failing) const {
    std::set<const Liveness*> counted;
    Coverage& coverage = reading.coverage;
    for (std::size_t i = 0; i < liveness_.size(); ++i) {
        if (!counted.insert(liveness_[i]).second) continue;
        const Seen seen = liveness_[i]->seen(failing);
        coverage.covered += seen.covered;
        coverage.expected += seen.expected;
        coverage.checked_at = std::max(coverage.checked_at, liveness_[i]->checked_at());
        const bool lacks = seen.covered < seen.expected;
        if (coverage.fix.text.empty() && (lacks || coverage.expected == 0)) coverage.fix = spec_.parts[i].fix;
    }
}

void SignalReader::judge(Reading& reading, Time now) {
    Coverage& coverage = reading.coverage;
    const auto blind = [&](std::string code, std::string text) {
        coverage.sight = Sight::blind;
        coverage.cause = {std::move(code), std::move(text)};
    };
    const bool known = std::ranges::all_of(liveness_, [](const Liveness* one) { return one->known(); });
    if (now < aggregated_until_) {
        return blind("aggregated", "series without instance and pod fell: they are sums over pods, in which neither "
                                   "resets nor first events can be told; read the Prometheus that scrapes the pods");
    }
    if (!known) {
        const auto unknown = std::ranges::find_if(liveness_, [](const Liveness* one) { return !one->known(); });
        const auto& failure = (*unknown)->failure();
        return failure ? blind(failure->code, failure->text) : blind("query_failed", "its liveness was not asked yet");
    }
    surprised_ = coverage.value > 0 && coverage.covered == 0;
    if (surprised_) {
        coverage.covered = 1;  // at least; the next question will say
        coverage.expected = std::max(1, coverage.expected);
    }
    if (coverage.covered == 0) {
        return coverage.expected > 0
                   ? blind("not_exposed",
                           fmt::format("none of the {} targets that ought to show it does", coverage.expected))
                   : blind("not_scraped", "no target that ought to show it is scraped");
    }
    coverage.sight = coverage.value > 0 ? Sight::observed : Sight::zero;
    if (coverage.covered >= coverage.expected) {
        coverage.fix = {};
        return;
    }
    coverage.cause = {"not_exposed", fmt::format("seen on {} of {} targets", coverage.covered, coverage.expected)};
}

Reading SignalReader::finish(const Snapshot& snapshot, const Edges& edges) {
    Reading reading;
    reading.signal = spec_.name;
    reading.kind = spec_.kind;
    for (const auto& part : parts_) {
        if (part.possibly_missed()) missed_until_ = snapshot.at + doubt;
        if (part.aggregated()) aggregated_until_ = snapshot.at + doubt;
    }
    gather(reading, snapshot.at);
    cover(reading, snapshot.failing_targets);
    reading.coverage.possibly_missed = snapshot.at < missed_until_;
    if (spec_.edges) reading.coverage.value = edges.events(spec_.name);
    const auto cause = spec_.edges ? edges.failure(spec_.name) : failure();
    reading.answered = !cause && (spec_.edges ? edges.asked() : due_) && snapshot.at >= aggregated_until_;
    judge(reading, snapshot.at);
    if (due_ && cause && (cause->code == "timeout" || cause->code == "too_many_series")) {
        retry_at_ = snapshot.at + patience_;
        standing_failure_ = cause;
    }
    if (cause) {
        reading.coverage.sight = Sight::blind;
        reading.coverage.cause = *cause;
    }
    const auto& code = reading.coverage.cause.code;
    if (code != "not_exposed" && code != "not_scraped") reading.coverage.fix = {};  // it mends neither of the others
    return reading;
}

Reading SignalReader::unreachable(const SignalSpec& spec, const std::string& cause) {
    Reading reading;
    reading.signal = spec.name;
    reading.kind = spec.kind;
    reading.coverage.cause = {"unreachable", cause};
    return reading;
}

}  // namespace meshwarden::collector

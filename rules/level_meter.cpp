#include <algorithm>

#include "rules/evidence.hpp"
#include "rules/meter.hpp"

namespace meshwarden::rules {

LevelMeter::LevelMeter(std::optional<Duration> drop_over) : drop_over_(drop_over) {}

void LevelMeter::append(Levels& levels, Level level) {
    if (!levels.empty()) {
        const auto& before = levels.back();
        if (before.at >= level.at || (before.value == level.value && before.held == level.held)) return;
    }
    levels.push_back(level);
}

void LevelMeter::add(const SeriesUpdate& update) {
    auto& levels = tracks_[update.series->metric];
    for (const auto& point : update.points) append(levels, {point.at, point.value});
    if (update.held && !levels.empty()) append(levels, {*update.held, levels.back().value, true});
}

void LevelMeter::list(const Snapshot& snapshot) {
    plateau_ = 4 * snapshot.scrape_interval;
    for (const auto& [at, targets] : snapshot.past_targets) append(targets_, {at, double(targets)});
    append(targets_, {snapshot.at, double(snapshot.targets)});
}

const LevelMeter::Level* LevelMeter::last(const Levels& levels, Time time) {
    const auto next = std::ranges::upper_bound(levels, time, {}, &Level::at);
    return next == levels.begin() ? nullptr : &*std::prev(next);
}

double LevelMeter::level(Time time, bool with_held) const {
    double sum = 0;
    for (const auto& [metric, levels] : tracks_)
        if (const auto* level = last(levels, time); level && (with_held || !level->held)) sum += level->value;
    return sum;
}

double LevelMeter::listed(Time time) const {
    if (targets_.empty()) return 0;
    const auto* level = last(targets_, time);
    return level ? level->value : targets_.front().value;
}

std::vector<Time> LevelMeter::changes(Time from, Time to) {
    std::vector<Time> times;
    for (const auto& [metric, levels] : tracks_)
        for (const auto& level : levels)
            if (level.at > from && level.at <= to) times.push_back(level.at);
    return times;
}

// The highest sum that held for `plateau_`, and its last time: what moves from one pod to another is seen at both for a
// few scrapes.
std::pair<double, Time> LevelMeter::highest(Time time) {
    auto times = changes(time - *drop_over_, time);
    times.push_back(time - *drop_over_);
    std::ranges::sort(times);
    std::vector<double> sums;
    for (const Time change : times) sums.push_back(level(change, false));
    std::pair<double, Time> best{0, time};
    for (std::size_t i = 0; i < times.size() && times[i] + plateau_ <= time; ++i) {
        double lowest = sums[i];
        for (std::size_t j = i + 1; j < times.size() && times[j] < times[i] + plateau_; ++j)
            lowest = std::min(lowest, sums[j]);
        if (lowest >= best.first) best = {lowest, times[i]};
    }
    return best;
}

Measure LevelMeter::at(Time time) {
    const double now = level(time);
    if (!drop_over_) return {now, false};
    const auto [before, when] = highest(time);
    const double taken = std::max(0.0, listed(when) - listed(time));
    return {before > 0 ? std::max(0.0, before - now - taken) / before : 0, false};
}

Time LevelMeter::first_event(Time time) {
    const double now = level(time);
    Time since = time;
    // The last change before which the level was not yet what it is now.
    for (const Time change : changes(time - drop_over_.value_or(std::chrono::hours(1)), time))
        if (level(change) == now) since = std::min(since, change);
    return since;
}

bool LevelMeter::prune(Time time) {
    const Time oldest = time - drop_over_.value_or(Duration{0});
    // The last level before the oldest time of interest still holds there.
    const auto cut = [&](Levels& levels) {
        while (levels.size() > 1 && levels[1].at <= oldest) levels.erase(levels.begin());
    };
    cut(targets_);
    for (auto& [metric, levels] : tracks_) cut(levels);
    std::erase_if(tracks_, [&](const auto& track) {
        const Levels& levels = track.second;
        return levels.empty() || (levels.size() == 1 && levels[0].value == 0 && levels[0].at <= oldest);
    });
    return tracks_.empty();
}

void StallMeter::add(const SeriesUpdate& update) {
    auto& [stalls, last, pause] = tracks_[update.series->metric];
    for (const auto& point : update.points) {
        if (point.at <= last) continue;
        if (last != Time()) pause = point.at - last;
        last = point.at;
        const bool open = !stalls.empty() && !stalls.back().to;
        // What follows may be counted in the same scrape: then nothing waits.
        if (open && (point.base > 0 || point.value == 0 || update.gone))
            stalls.back().to = point.at;
        else if (!open && point.increment > 0 && point.base == 0 && point.value > 0 && !update.gone)
            stalls.push_back({point.at, std::nullopt});
    }
}

void StallMeter::answered(const Snapshot& snapshot) {
    for (auto& [metric, track] : tracks_) {
        const bool open = !track.stalls.empty() && !track.stalls.back().to;
        const bool silent = snapshot.at - track.last > 2 * std::max(snapshot.scrape_interval, track.pause);
        if (open && silent && !fails(metric, snapshot.failing_targets)) track.stalls.back().to = track.last;
    }
}

std::vector<Time> StallMeter::changes(Time from, Time to) {
    const Duration wait(std::int64_t(threshold_ * 1000) + 1);
    std::vector<Time> times;
    for (const auto& [metric, track] : tracks_)
        for (const auto& stall : track.stalls)
            for (const Time time : {stall.from + wait, stall.to.value_or(to)})
                if (time > from && time <= to) times.push_back(time);
    return times;
}

Measure StallMeter::at(Time time) {
    double longest = 0;
    for (const auto& [metric, track] : tracks_)
        for (const auto& stall : track.stalls)
            if (stall.from <= time && (!stall.to || *stall.to > time))
                longest = std::max(longest, to_epoch_seconds(time) - to_epoch_seconds(stall.from));
    return {longest, false};
}

Time StallMeter::first_event(Time time) {
    Time first = time;
    for (const auto& [metric, track] : tracks_)
        for (const auto& stall : track.stalls)
            if (stall.from <= time && (!stall.to || *stall.to > time)) first = std::min(first, stall.from);
    return first;
}

bool StallMeter::prune(Time time) {
    for (auto& [metric, track] : tracks_)
        std::erase_if(track.stalls, [&](const Stall& stall) { return stall.to && *stall.to <= time; });
    std::erase_if(tracks_, [](const auto& track) { return track.second.stalls.empty(); });
    return tracks_.empty();
}

std::map<Labels, Time> StallMeter::waits() const {
    std::map<Labels, Time> waits;
    for (const auto& [metric, track] : tracks_)
        if (!track.stalls.empty() && !track.stalls.back().to) waits.emplace(metric, track.stalls.back().from);
    return waits;
}

void StallMeter::resume(const std::map<Labels, Time>& waits, Time to) {
    for (const auto& [metric, from] : waits) tracks_[metric] = {{{from, std::nullopt}}, to, Duration{0}};
}

std::unique_ptr<Meter> make_meter(SignalKind kind, Duration drop_over, const RuleSpec& rule, Duration window) {
    switch (kind) {
        case SignalKind::gauge: return std::make_unique<LevelMeter>(std::nullopt);
        case SignalKind::drop: return std::make_unique<LevelMeter>(drop_over);
        case SignalKind::stalled: return std::make_unique<StallMeter>(rule.threshold);
        default: return std::make_unique<WindowMeter>(window, kind == SignalKind::ratio, rule.share);
    }
}

}  // namespace meshwarden::rules

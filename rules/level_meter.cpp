#include <algorithm>

#include "rules/meter.hpp"

namespace meshwarden::rules {

LevelMeter::LevelMeter(std::optional<Duration> drop_over) : drop_over_(drop_over) {}

void LevelMeter::add(const SeriesUpdate& update) {
    auto& levels = tracks_[update.series->metric];
    for (const auto& point : update.points) {
        if (!levels.empty() && (levels.back().second == point.value || levels.back().first >= point.at)) continue;
        levels.emplace_back(point.at, point.value);
    }
}

double LevelMeter::level(Time time) const {
    double sum = 0;
    for (const auto& [metric, levels] : tracks_) {
        const auto next = std::ranges::upper_bound(levels, time, {}, [](const auto& level) { return level.first; });
        if (next != levels.begin()) sum += std::prev(next)->second;
    }
    return sum;
}

std::vector<Time> LevelMeter::changes(Time from, Time to) {
    std::vector<Time> times;
    for (const auto& [metric, levels] : tracks_)
        for (const auto& [at, value] : levels)
            if (at > from && at <= to) times.push_back(at);
    return times;
}

Measure LevelMeter::at(Time time) {
    const double now = level(time);
    if (!drop_over_) return {now, false};
    double highest = std::max(now, level(time - *drop_over_));
    for (const Time change : changes(time - *drop_over_, time)) highest = std::max(highest, level(change));
    return {highest > 0 ? 1 - now / highest : 0, false};
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
    for (auto& [metric, levels] : tracks_) {
        // The last level before the oldest time of interest still holds there.
        while (levels.size() > 1 && levels[1].first <= oldest) levels.erase(levels.begin());
    }
    std::erase_if(tracks_, [&](const auto& track) {
        const Levels& levels = track.second;
        return levels.empty() || (levels.size() == 1 && levels[0].second == 0 && levels[0].first <= oldest);
    });
    return tracks_.empty();
}

void StallMeter::add(const SeriesUpdate& update) {
    auto& stalls = tracks_[update.series->metric];
    for (const auto& point : update.points) {
        const bool open = !stalls.empty() && !stalls.back().to;
        // What follows may be counted in the same scrape: then nothing waits.
        if (open && (point.base > 0 || point.value == 0 || update.gone))
            stalls.back().to = point.at;
        else if (!open && point.increment > 0 && point.base == 0 && point.value > 0 && !update.gone)
            stalls.push_back({point.at, std::nullopt});
    }
}

std::vector<Time> StallMeter::changes(Time from, Time to) {
    const Duration wait(std::int64_t(threshold_ * 1000) + 1);
    std::vector<Time> times;
    for (const auto& [metric, stalls] : tracks_)
        for (const auto& stall : stalls)
            for (const Time time : {stall.from + wait, stall.to.value_or(to)})
                if (time > from && time <= to) times.push_back(time);
    return times;
}

Measure StallMeter::at(Time time) {
    double longest = 0;
    for (const auto& [metric, stalls] : tracks_)
        for (const auto& stall : stalls)
            if (stall.from <= time && (!stall.to || *stall.to > time))
                longest = std::max(longest, to_epoch_seconds(time) - to_epoch_seconds(stall.from));
    return {longest, false};
}

Time StallMeter::first_event(Time time) {
    Time first = time;
    for (const auto& [metric, stalls] : tracks_)
        for (const auto& stall : stalls)
            if (stall.from <= time && (!stall.to || *stall.to > time)) first = std::min(first, stall.from);
    return first;
}

bool StallMeter::prune(Time time) {
    for (auto& [metric, stalls] : tracks_)
        std::erase_if(stalls, [&](const Stall& stall) { return stall.to && *stall.to <= time; });
    std::erase_if(tracks_, [](const auto& track) { return track.second.empty(); });
    return tracks_.empty();
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

#include <algorithm>
#include <utility>

#include "rules/meter.hpp"

namespace meshwarden::rules {
namespace {

Duration distance(Time time, Time since, Time at) {
    return time > at ? time - at : std::max(since - time, Duration{0});
}

}  // namespace

WindowMeter::WindowMeter(Duration window, bool ratio, std::optional<ShareLimit> share)
    : window_(window), ratio_(ratio), share_(share) {}

void WindowMeter::tidy() {
    if (std::exchange(tidy_, true)) return;
    std::ranges::stable_sort(marks_, {}, &Mark::at);
    before_.assign(1, {});
    for (const auto& mark : marks_)
        before_.push_back({before_.back().increment + mark.increment, before_.back().base + mark.base});
}

void WindowMeter::add(const SeriesUpdate& update) {
    const bool explainable = update.series->labels.get("reason") != "tcp";
    Time since = update.points.empty() ? Time{} : update.points.front().at;
    for (const auto& point : update.points) {
        if (point.increment != 0 || point.base != 0)
            marks_.push_back({since, point.at, point.increment, point.base, explainable});
        since = point.at;
    }
    tidy_ = false;
}

void WindowMeter::explain(std::vector<Explained>& events) {
    tidy();
    std::vector<Mark*> open;
    for (auto& mark : marks_)
        if (mark.explainable && mark.increment > 0) open.push_back(&mark);
    std::ranges::stable_sort(events, {}, &Explained::at);
    for (auto& event : events) {
        const auto near = [&](const Mark* mark) { return distance(event.at, mark->since, mark->at) <= window_; };
        while (event.increment > 0) {
            const auto oldest = std::ranges::find_if(open, near);
            if (oldest == open.end()) break;
            const double both = std::min(event.increment, (*oldest)->increment);
            event.increment -= both;
            (*oldest)->increment -= both;
            if ((*oldest)->increment == 0) open.erase(oldest);
        }
    }
    std::erase_if(events, [](const Explained& event) { return event.increment == 0; });
    tidy_ = false;
}

std::pair<std::size_t, std::size_t> WindowMeter::range(Time time) {
    tidy();
    const auto from = std::ranges::upper_bound(marks_, time - window_, {}, &Mark::at);
    const auto to = std::ranges::upper_bound(marks_, time, {}, &Mark::at);
    return {std::size_t(from - marks_.begin()), std::size_t(to - marks_.begin())};
}

std::vector<Time> WindowMeter::changes(Time from, Time to) {
    std::vector<Time> times;
    for (const auto& mark : marks_)
        for (const Time time : {mark.at, mark.at + window_})
            if (time > from && time <= to) times.push_back(time);
    return times;
}

Measure WindowMeter::at(Time time) {
    const auto [first, last] = range(time);
    const double sum = std::max(before_[last].increment - before_[first].increment, 0.0);
    const double base = before_[last].base - before_[first].base;
    Measure measure{ratio_ ? (base > 0 ? sum / base : 0) : sum, false};
    measure.share_exceeded = share_ && base >= share_->at_least && base > 0 && sum / base > share_->above;
    return measure;
}

Time WindowMeter::first_event(Time time) {
    const auto [first, last] = range(time);
    for (auto i = first; i < last; ++i)
        if (marks_[i].increment > 0) return marks_[i].at;
    return time;
}

bool WindowMeter::prune(Time time) {
    if (std::erase_if(marks_, [&](const Mark& mark) { return mark.at + window_ <= time; }) > 0) tidy_ = false;
    return marks_.empty();
}

}  // namespace meshwarden::rules

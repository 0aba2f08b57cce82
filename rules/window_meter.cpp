#include <algorithm>

#include "rules/meter.hpp"

namespace meshwarden::rules {

WindowMeter::WindowMeter(Duration window, bool ratio, std::optional<ShareLimit> share)
    : window_(window), ratio_(ratio), share_(share) {}

void WindowMeter::insert(Mark mark) {
    const auto place = std::ranges::upper_bound(marks_, mark.at, {}, &Mark::at);
    marks_.insert(place, mark);
}

void WindowMeter::add(const SeriesUpdate& update) {
    for (const auto& point : update.points)
        if (point.increment != 0 || point.base != 0) insert({point.at, point.increment, point.base});
}

void WindowMeter::subtract(Time at, double increment) {
    insert({at, -increment, 0});
}

std::pair<std::size_t, std::size_t> WindowMeter::range(Time time) const {
    const auto from = std::ranges::upper_bound(marks_, time - window_, {}, &Mark::at);
    const auto to = std::ranges::upper_bound(marks_, time, {}, &Mark::at);
    return {std::size_t(from - marks_.begin()), std::size_t(to - marks_.begin())};
}

std::vector<Time> WindowMeter::changes(Time from, Time to) const {
    std::vector<Time> times;
    for (const auto& mark : marks_)
        for (const Time time : {mark.at, mark.at + window_})
            if (time > from && time <= to) times.push_back(time);
    return times;
}

Measure WindowMeter::at(Time time) const {
    const auto [first, last] = range(time);
    double sum = 0, base = 0;
    for (auto i = first; i < last; ++i) {
        sum += marks_[i].increment;
        base += marks_[i].base;
    }
    sum = std::max(sum, 0.0);
    Measure measure{ratio_ ? (base > 0 ? sum / base : 0) : sum, false};
    measure.share_exceeded = share_ && base >= share_->at_least && base > 0 && sum / base > share_->above;
    return measure;
}

Time WindowMeter::first_event(Time time) const {
    const auto [first, last] = range(time);
    for (auto i = first; i < last; ++i)
        if (marks_[i].increment > 0) return marks_[i].at;
    return time;
}

bool WindowMeter::prune(Time time) {
    std::erase_if(marks_, [&](const Mark& mark) { return mark.at + window_ <= time; });
    return marks_.empty();
}

}  // namespace meshwarden::rules

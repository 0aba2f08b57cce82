#include "collector/targets.hpp"

#include <algorithm>

namespace meshwarden::collector {

void Targets::note_time(Time at) {
    times_.insert(std::chrono::floor<std::chrono::seconds>(at));
}

void Targets::note(std::uint64_t target, Time at) {
    note_time(at);
    note_alive(target, at);
}

void Targets::note_alive(std::uint64_t target, Time at) {
    if (target == 0) return;
    const auto [entry, fresh] = seen_.try_emplace(target, Seen{at, at, at});
    auto& seen = entry->second;
    seen.first = std::min(seen.first, at);
    if (at > seen.last) {
        seen.previous = seen.last;
        seen.last = at;
    }
}

void Targets::note(const Rows& rows) {
    for (const auto& row : rows.rows)
        for (const auto& count : rows.of(row)) note(row.target, count.at);
}

void Targets::forget_before(Time oldest) {
    std::erase_if(seen_, [&](const auto& entry) { return entry.second.last < oldest; });
    times_.erase(times_.begin(), times_.lower_bound(oldest));
}

bool Targets::seen_between(std::uint64_t target, Time from, Time before) const {
    const auto found = seen_.find(target);
    if (found == seen_.end()) return false;
    const auto& [first, previous, last] = found->second;
    return std::ranges::any_of(std::array{first, previous, last}, [&](Time at) { return at >= from && at < before; });
}

std::optional<Time> Targets::first_time() const {
    if (times_.empty()) return std::nullopt;
    return *times_.begin();
}

bool Targets::hole_between(Time start, Time at, Duration slack) const {
    auto before = times_.lower_bound(start - slack);
    if (before != times_.begin()) --before;
    while (before != times_.end() && *before < at) {
        const auto after = std::next(before);
        if (after == times_.end()) return false;
        const bool hole = *after - *before > slack;
        if (hole && start >= *before - slack && start <= *after && at <= *after + slack) return true;
        before = after;
    }
    return false;
}

}  // namespace meshwarden::collector

// What is remembered of scrape targets and of time itself: when any series of a target had a sample, and when anything
// at all had one (a hole is a time in which Prometheus scraped nothing). Pure; owned by one Collector.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>

#include "collector/rows.hpp"

namespace meshwarden::collector {

class Targets {
public:
    static constexpr Duration memory = std::chrono::hours(1);

    void note(const Rows& rows);
    void note(std::uint64_t target, Time at);
    void note_time(Time at);                         // something had a sample then
    void note_alive(std::uint64_t target, Time at);  // it has been scraped before `at`
    void forget_before(Time oldest);

    // Did any series of the target have a sample in [from, before)?
    bool seen_between(std::uint64_t target, Time from, Time before) const;

    std::optional<Time> first_time() const;

    // Is there a hole longer than `slack` such that `start` lies in it (or up to `slack` before it) and `at` at most
    // `slack` after it?
    bool hole_between(Time start, Time at, Duration slack) const;

private:
    struct Seen {
        Time first, previous, last;
    };

    std::unordered_map<std::uint64_t, Seen> seen_;
    std::set<Time> times_;  // whole seconds
};

}  // namespace meshwarden::collector

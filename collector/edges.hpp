// Reads who talks to whom: sums per edge, at a cadence of its own that keeps their cost low. Owned by one Collector.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "collector/extract.hpp"
#include "collector/options.hpp"
#include "collector/questions.hpp"
#include "model/signal.hpp"

namespace meshwarden::collector {

// The answers of one round, by edge; valid as long as these.
class EdgeTotals {
public:
    void add(const Extractor& extract, const Answer& answer);
    // Of each edge the sum of its samples at `at`; none: of the newest.
    void fill(Snapshot& snapshot, std::optional<Time> at) const;

private:
    std::map<Labels, std::vector<std::span<const Sample>>> edges_;
};

class Edges {
public:
    Edges(const std::vector<SignalSpec>& signals, const Options& options);

    // Asks, where it is time to.
    void ask(Time at, Questions& questions);

    // Fills edges, edges_answered and rolled_out, and tells per signal name why it was not answered.
    void take(const Questions& questions, Snapshot& snapshot);

    // What was at from, from + step, ..., to: a Snapshot for each time at which anything was known, in turn. Gives the
    // number of series.
    std::expected<std::size_t, Cause> read_past(const Door& door, const TimeRange& range,
                                                const std::function<void(Snapshot)>& take, std::stop_token stop) const;

    bool asked() const { return asked_; }
    std::optional<Cause> failure(std::string_view signal) const;

    // Connections or requests that came between the last two readings.
    double events(std::string_view signal) const;

private:
    struct Part {
        std::string signal;
        std::string query;
        Extractor extract;
        Questions::Id id = 0;
        std::optional<Cause> failure;
        std::optional<double> total;
        double events = 0;
    };

    std::vector<Part> parts_;
    std::string cluster_;
    std::optional<Duration> interval_;  // none: by cost
    bool asked_ = false;
    Questions::Id uptimes_ = 0;
    Time asked_at_;
    Time due_;
};

}  // namespace meshwarden::collector

// Reads who talks to whom: sums per edge, at a cadence of its own that keeps their cost low. Owned by one Collector.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/extract.hpp"
#include "collector/options.hpp"
#include "collector/questions.hpp"
#include "model/signal.hpp"

namespace meshwarden::collector {

class Edges {
public:
    Edges(const std::vector<SignalSpec>& signals, const Options& options);

    // Asks, where it is time to.
    void ask(Time at, Questions& questions);

    // Fills edges and edges_answered, and tells per signal name why it was not answered.
    void take(const Questions& questions, Snapshot& snapshot);

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
    std::optional<Duration> interval_;  // none: by cost
    bool asked_ = false;
    Time asked_at_;
    Time due_;
};

}  // namespace meshwarden::collector

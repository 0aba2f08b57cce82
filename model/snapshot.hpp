// What one tick saw at one Prometheus: exact increments per series, and for every signal how much of it could be
// seen. A value; immutable once built; the detectors' only input.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/expectation.hpp"
#include "model/labels.hpp"
#include "model/signal.hpp"
#include "model/time.hpp"

namespace meshwarden {

struct Series {
    Labels metric;  // as Prometheus has it, __name__ included
    Labels labels;  // ours (interface: destination_service, source_workload, pod, reason, ...), cluster included
};

// One sample and what it adds. `at` is the sample's own time.
struct Point {
    Time at;
    double value = 0;      // raw; histogram_tail: count minus bucket; stalled: the gate's level
    double increment = 0;  // events since the sample before; ratio: of the numerator; stalled: of the one that rises
    double base = 0;       // histogram_tail: of the count; ratio: of the denominator; stalled: of the one that follows
};

struct SeriesUpdate {
    std::shared_ptr<const Series> series;
    std::vector<Point> points;  // rising times, samples not given before, and the one before a first increment
    bool gone = false;          // gauges: the series ended while its target was not failing; its level is now 0
    std::optional<Time> held = std::nullopt;  // gauges: its target fails at this time; its level is the last seen
};

enum class Sight { observed, zero, blind };
std::string_view to_string(Sight sight);

struct Cause {
    // not_exposed, not_scraped, unreachable, partial, timeout, query_failed, too_many_series, aggregated
    std::string code;
    std::string text;
};

struct Coverage {
    Sight sight = Sight::blind;
    double value = 0;  // events in the last minute; gauges: the sum of their levels
    int covered = 0;   // targets
    int expected = 0;
    bool possibly_missed = false;  // a baseline was taken where events may lie before it
    Cause cause;       // set where sight is blind, or coverage partial
    Fix fix;
    Time checked_at;
};

struct Reading {
    std::string signal;
    SignalKind kind = SignalKind::counter;
    bool answered = false;  // asked and fully answered in this tick: absence may be believed
    Coverage coverage;
    std::vector<SeriesUpdate> updates;
};

// One edge of the mesh as last counted. Labels: source_*, destination_*, protocol, cluster, source_principal,
// source_version, mtls; reporter where it is the source's proxy.
struct EdgeCount {
    Labels labels;
    double total = 0;  // connections or requests, summed over the reporting pods; may fall when pods go
};

struct Snapshot {
    std::string prometheus;
    bool reachable = false;
    std::string unreachable_cause;
    Time since;  // the cursor: what lies at or before it was settled already and only rebuilds state
    Time at;     // this tick, by that Prometheus' own clock
    Duration scrape_interval = std::chrono::seconds(15);
    int targets = 0;  // that Prometheus lists, those that fail too; as last counted
    std::vector<std::pair<Time, int>> past_targets;  // the same, before the first tick
    std::vector<Labels> failing_targets;  // of `up == 0`: cluster, job, instance, namespace, pod where there
    std::vector<Reading> readings;
    bool edges_answered = false;
    std::vector<EdgeCount> edges;  // empty unless edges_answered
    std::vector<Labels> rolled_out;  // read with edges: sources of which at least half of the pods are younger than an hour
    std::shared_ptr<const Expectations> expectations;  // those that hold; null: none

    // Null where the signal is not read.
    const Reading* reading(std::string_view signal) const {
        const auto found = std::ranges::find(readings, signal, &Reading::signal);
        return found == readings.end() ? nullptr : &*found;
    }
};

}  // namespace meshwarden

// A small language for tests of detectors: what a signal counted, tick by tick.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/detector.hpp"

namespace meshwarden::tests {

inline Time at(double seconds) {
    return from_epoch_seconds(1'700'000'000 + seconds);
}

// Builds one Snapshot after the other; since and series identity are carried along.
class Script {
public:
    explicit Script(Duration scrape_interval = std::chrono::seconds(5)) { next_.scrape_interval = scrape_interval; }

    // One sample of a counter: `increment` events at `seconds`.
    Script& count(const std::string& signal, const Labels& labels, double seconds, double increment, double base = 0) {
        auto& total = totals_[signal + to_string(labels)];
        total += increment;
        add(signal, SignalKind::counter, labels, {at(seconds), total, increment, base}, false);
        return *this;
    }
    Script& level(const std::string& signal, SignalKind kind, const Labels& labels, double seconds, double value,
                  bool gone = false) {
        add(signal, kind, labels, {at(seconds), value, 0, 0}, gone);
        return *this;
    }
    Script& stall(const std::string& signal, const Labels& labels, double seconds, double rises, double follows,
                  double gate) {
        add(signal, SignalKind::stalled, labels, {at(seconds), gate, rises, follows}, false);
        return *this;
    }
    Script& silent(const std::string& signal) { reading(signal); return *this; }
    Script& blind(const std::string& signal, std::string cause) {
        auto& r = reading(signal);
        r.answered = false;
        r.coverage.sight = Sight::blind;
        r.coverage.cause = {"not_exposed", std::move(cause)};
        return *this;
    }
    Script& partial(const std::string& signal) { reading(signal).answered = false; return *this; }
    Script& covered(const std::string& signal, int targets, int expected = 0) {
        reading(signal).coverage.covered = targets;
        reading(signal).coverage.expected = std::max(targets, expected);
        return *this;
    }
    Script& unreachable() { next_.reachable = false; next_.unreachable_cause = "refused"; return *this; }
    Script& failing(const Labels& target) { next_.failing_targets.push_back(target); return *this; }
    Script& edge(const Labels& labels, double total) {
        next_.edges_answered = true;
        next_.edges.push_back({labels, total});
        return *this;
    }

    Snapshot tick(double seconds) {
        Snapshot snapshot = std::move(next_);
        snapshot.prometheus = "main";
        snapshot.at = at(seconds);
        snapshot.since = since_;
        since_ = snapshot.at;
        next_ = Snapshot();
        next_.reachable = true;
        next_.scrape_interval = snapshot.scrape_interval;
        return snapshot;
    }
    Script& start() { next_.reachable = true; return *this; }

private:
    Reading& reading(const std::string& signal) {
        for (auto& r : next_.readings)
            if (r.signal == signal) return r;
        Reading r;
        r.signal = signal;
        r.answered = true;
        r.coverage.sight = Sight::zero;
        next_.readings.push_back(std::move(r));
        return next_.readings.back();
    }
    void add(const std::string& signal, SignalKind kind, const Labels& labels, Point point, bool gone) {
        auto& series = series_[signal + to_string(labels)];
        if (!series) {
            Labels metric = labels;
            metric.set("__name__", signal);
            if (!metric.has("instance")) metric.set("instance", "10.0.0.1:15020");
            metric.set("job", "kubernetes-pods");
            series = std::make_shared<const Series>(Series{metric, labels});
        }
        auto& r = reading(signal);
        r.kind = kind;
        r.coverage.sight = Sight::observed;
        for (auto& update : r.updates)
            if (update.series == series) {
                update.points.push_back(point);
                return;
            }
        r.updates.push_back({series, {point}, gone});
    }

    Snapshot next_;
    Time since_ = at(-3600);
    std::map<std::string, double> totals_;
    std::map<std::string, std::shared_ptr<const Series>> series_;
};

}  // namespace meshwarden::tests

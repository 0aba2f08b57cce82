// A real Prometheus and a Collector that reads it, for tests.
#pragma once

#include <chrono>
#include <cstdlib>
#include <functional>
#include <thread>

#include <prometheus/registry.h>

#include "collector/collector.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/page_server.hpp"
#include "tests/fakes/prometheus_process.hpp"

namespace meshwarden::collector {

// A missing program fails the test: a test that did not run must not count as passed.
inline void require_prometheus() {
    INFO("no prometheus program: set PROMETHEUS, or run deploy/setup.sh demo, which unpacks it into build/tools");
    REQUIRE(fakes::PrometheusProcess::program());
}

inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::seconds patience = std::chrono::seconds(30)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
}

// Polls as the service does: the cursor is the last Snapshot's time.
class Watcher {
public:
    Watcher(Options options, std::vector<SignalSpec> signals)
        : collector_(std::move(options), std::move(signals), http_, registry_) {}

    const Snapshot& poll() {
        last_ = collector_.poll(cursor_, Horizon{std::chrono::minutes(5)});
        if (!cursor_) since_ = last_.since;
        if (last_.reachable) cursor_ = last_.at;
        for (const auto& reading : last_.readings)
            for (const auto& update : reading.updates)
                for (const auto& point : update.points)
                    if (point.at > since_) counted_[reading.signal] += point.increment;
        return last_;
    }

    Collector& collector() { return collector_; }
    void resume(Time cursor) {
        cursor_ = cursor;
        since_ = cursor;
    }
    std::optional<Time> cursor() const { return cursor_; }
    double counted(const std::string& signal) { return counted_[signal]; }
    const Coverage& coverage(std::size_t reading = 0) const { return last_.readings.at(reading).coverage; }
    const Snapshot& last() const { return last_; }
    prometheus::Registry& registry() { return registry_; }

private:
    io::HttpClient http_;
    ::prometheus::Registry registry_;
    Collector collector_;
    std::optional<Time> cursor_;
    Time since_;
    Snapshot last_;
    std::map<std::string, double> counted_;
};

inline SignalSpec counter_spec(const std::string& name, const std::string& selector) {
    SignalSpec spec;
    spec.name = name;
    spec.parts.emplace_back();
    spec.parts[0].selector = selector;
    return spec;
}

}  // namespace meshwarden::collector

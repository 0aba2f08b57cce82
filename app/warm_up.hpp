// Teaches the topology what Prometheus still knows: the past before the first start, and what came since its state was
// saved. A stretch at a time between ticks, so that these stay on time, and at most a tenth of the time, so that
// Prometheus does. Meanwhile the topology is taught nothing newer. Owned by one thread.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "anomaly/options.hpp"
#include "anomaly/topology_detector.hpp"
#include "app/loop_metrics.hpp"
#include "collector/collector.hpp"
#include "io/clock.hpp"
#include "model/topology.hpp"

namespace meshwarden::app {

class WarmUp {
public:
    WarmUp(const anomaly::Options& options, std::string prometheus, const io::Clock& clock, LoopMetrics& metrics);

    // Reads the next stretch where it is time to, and takes the edges from `live` while the past is not taught.
    void step(Snapshot& live, collector::Collector& collector, anomaly::TopologyDetector& topology,
              std::stop_token stop);

    // None: nothing is left to read.
    std::optional<WarmUpProgress> progress() const;

private:
    void begin(const Snapshot& live, const anomaly::TopologyDetector& topology);
    void read(const Snapshot& live, Time last, collector::Collector& collector, anomaly::TopologyDetector& topology,
              std::stop_token stop);
    void failed(const Cause& cause);
    void end(std::string_view how);

    const anomaly::Options& options_;
    std::string prometheus_;
    const io::Clock& clock_;
    LoopMetrics& metrics_;
    std::optional<Time> from_, next_;
    Time until_;
    Time settled_until_;  // what is older only teaches
    Time due_;
    int steps_ = 60;     // of the next stretch
    int failures_ = 0;
    bool done_ = false;
};

}  // namespace meshwarden::app

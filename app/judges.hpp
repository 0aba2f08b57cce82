// Everything that judges the Snapshots of one Prometheus, and whose affair each finding is. Used by the loop and by
// rule tests, so that both judge alike. Owned by one thread.
#pragma once

#include <algorithm>
#include <array>

#include "anomaly/topology_detector.hpp"
#include "config/config.hpp"
#include "rules/rules_detector.hpp"

namespace meshwarden::app {

class Judges {
public:
    explicit Judges(const config::Config& config);  // must outlive it

    Inspection inspect(const Snapshot& snapshot);
    Horizon horizon() const { return rules_.horizon(); }  // what the topology has learned needs none
    rules::RulesDetector& rules() { return rules_; }
    anomaly::TopologyDetector& topology() { return topology_; }
    std::array<Detector*, 2> all() { return {&rules_, &topology_}; }

private:
    void own(Finding& finding) const;

    const config::Config& config_;
    rules::RulesDetector rules_;
    anomaly::TopologyDetector topology_;
};

}  // namespace meshwarden::app

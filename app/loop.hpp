// The heart: one thread for one Prometheus, which polls, judges and settles tick by tick.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "anomaly/topology_detector.hpp"
#include "app/loop_metrics.hpp"
#include "collector/collector.hpp"
#include "config/config.hpp"
#include "incidents/store.hpp"
#include "io/clock.hpp"
#include "rules/rules_detector.hpp"

namespace meshwarden::app {

// What the rest of the program may know of a tick; called on the loop's thread.
struct TickReport {
    std::string prometheus;
    bool reachable = false;
    std::string cause;
    Time at;             // that Prometheus' clock
    Duration took{0};
    Duration interval{0};
    bool notices = false;
    std::shared_ptr<const Topology> topology;
};

// Owned by one thread; run() returns soon after a stop is asked for.
class Loop {
public:
    Loop(const config::Config& config, const collector::Options& prometheus, std::unique_ptr<incidents::Store> store,
         const io::Clock& clock, LoopMetrics& metrics, prometheus::Registry& registry, std::function<void(const TickReport&)> report);

    void run(std::stop_token stop);

private:
    Result<void> restore();
    void tick(std::stop_token stop);
    Inspection inspect(Snapshot& snapshot);
    void settle(const Snapshot& snapshot, Inspection inspection);
    void own(Finding& finding) const;
    std::map<std::string, std::string> states_to_save(Time now, std::size_t learned_findings);

    const config::Config& config_;
    std::string name_;
    std::unique_ptr<incidents::Store> store_;
    const io::Clock& clock_;
    LoopMetrics& metrics_;
    std::function<void(const TickReport&)> report_;
    io::HttpClient http_;
    collector::Collector collector_;
    rules::RulesDetector rules_;
    anomaly::TopologyDetector topology_;

    std::optional<Time> cursor_;
    Duration skew_{0};                 // that Prometheus' clock less ours
    bool settled_ = true;              // the last commit succeeded
    bool was_reachable_ = true;
    std::vector<Finding> unsettled_;   // ended while the store could not be written
    Time state_saved_at_;
    std::size_t learned_findings_ = 0;
    bool notices_ = false;
};

}  // namespace meshwarden::app

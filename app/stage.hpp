// The service with its ticks called by hand, and what each brought lying open: for rule tests and backtests.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <prometheus/registry.h>

#include "app/judges.hpp"
#include "collector/collector.hpp"
#include "config/config.hpp"
#include "incidents/store.hpp"
#include "rehearsal/made_up_prometheus.hpp"

namespace meshwarden::app {

// Owned by one thread. Notices are taken at once; incidents are kept in memory.
class Stage {
public:
    // `http` outlives it and answers in that Prometheus' place, which tells the time of `clock`.
    Stage(config::Config config, const collector::Options& prometheus, io::HttpClient& http,
          std::shared_ptr<rehearsal::HandClock> clock);

    // One tick of the loop; times rise.
    Result<void> tick(Time now);

    const std::vector<Finding>& firing() const { return firing_; }
    const std::vector<Reading>& readings() const { return readings_; }
    Duration scrape_interval() const { return scrape_interval_; }  // as of the last tick
    std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }  // since the last call
    incidents::Store& store() { return *store_; }  // after the first tick

private:
    Result<void> settle(const Snapshot& snapshot, Inspection inspection);
    Result<void> deliver(Time now);

    config::Config config_;
    std::shared_ptr<rehearsal::HandClock> clock_;
    prometheus::Registry registry_;
    collector::Collector collector_;
    Judges judges_;
    std::unique_ptr<incidents::Store> store_;
    std::optional<Time> cursor_;
    std::vector<Finding> firing_;
    std::vector<Reading> readings_;
    Duration scrape_interval_{0};
    std::vector<Notice> notices_;
};

}  // namespace meshwarden::app

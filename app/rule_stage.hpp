// The service as a rule test sees it: ticks are called by hand, and what each brought lies open. Owned by one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <prometheus/registry.h>

#include "app/judges.hpp"
#include "collector/collector.hpp"
#include "config/rule_tests.hpp"
#include "incidents/store.hpp"
#include "rehearsal/made_up_prometheus.hpp"

namespace meshwarden::app {

class RuleStage {
public:
    RuleStage(config::Config config, const config::RuleTest& test, rehearsal::Scrapes scrapes);

    // One tick of the loop; times rise.
    Result<void> tick(Time now);

    const std::vector<Finding>& firing() const { return firing_; }
    const std::vector<Reading>& readings() const { return readings_; }
    std::vector<Notice> take_notices() { return std::exchange(notices_, {}); }  // since the last call
    const std::map<std::string, std::string>& not_understood() const { return prometheus_.not_understood(); }

private:
    Result<void> settle(const Snapshot& snapshot, Inspection inspection);
    Result<void> deliver(Time now);

    config::Config config_;
    const config::RuleTest& test_;
    Time start_;
    std::shared_ptr<rehearsal::HandClock> clock_;
    rehearsal::MadeUpPrometheus prometheus_;
    prometheus::Registry registry_;
    collector::Collector collector_;
    Judges judges_;
    std::unique_ptr<incidents::Store> store_;
    std::optional<Time> cursor_;
    std::vector<Finding> firing_;
    std::vector<Reading> readings_;
    std::vector<Notice> notices_;
};

}  // namespace meshwarden::app

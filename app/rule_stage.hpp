// The service as a rule test sees it, over the Prometheus that the test makes up. Owned by one thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/stage.hpp"
#include "config/rule_tests.hpp"

namespace meshwarden::app {

class RuleStage {
public:
    RuleStage(const config::Config& config, const config::RuleTest& test, rehearsal::Scrapes scrapes);

    // One tick of the loop; times rise.
    Result<void> tick(Time now);

    const std::vector<Finding>& firing() const { return stage_.firing(); }
    const std::vector<Reading>& readings() const { return stage_.readings(); }
    std::vector<Notice> take_notices() { return stage_.take_notices(); }
    const std::map<std::string, std::string>& not_understood() const { return prometheus_.not_understood(); }

private:
    const config::RuleTest& test_;
    Time start_;
    std::shared_ptr<rehearsal::HandClock> clock_;
    rehearsal::MadeUpPrometheus prometheus_;
    Stage stage_;
};

}  // namespace meshwarden::app

#include "app/rule_stage.hpp"

#include <algorithm>

namespace meshwarden::app {
namespace {

// What the rules do not look at is not read: a test is of its rules, and quick.
config::Config only_needed(config::Config config, const config::RuleTest& test) {
    const auto needs = [&](const SignalSpec& signal) {
        return std::ranges::any_of(config.rules, [&](const RuleSpec& rule) {
            return rule.signal == signal.name || rule.unexplained_by == signal.name ||
                   rule.corroborated_by == signal.name || rule.signal == rules::CoverageJudge::signal ||
                   (rule.learned && signal.edges);
        });
    };
    std::erase_if(config.signals, [&](const SignalSpec& signal) { return !needs(signal); });
    if (test.learning_period) config.anomaly.learning_period = *test.learning_period;
    return config;
}

}  // namespace

RuleStage::RuleStage(const config::Config& config, const config::RuleTest& test, rehearsal::Scrapes scrapes)
    : test_(test),
      start_(scrapes.start),
      clock_(std::make_shared<rehearsal::HandClock>(scrapes.start)),
      prometheus_(test.series, scrapes, clock_),
      stage_(only_needed(config, test), config.prometheus.empty() ? collector::Options() : config.prometheus.front(),
             prometheus_, clock_) {}

Result<void> RuleStage::tick(Time now) {
    prometheus_.set_reachable(std::ranges::none_of(test_.outages, [&](const config::Outage& outage) {
        return now - start_ >= outage.from && now - start_ < outage.to;
    }));
    return stage_.tick(now);
}

}  // namespace meshwarden::app

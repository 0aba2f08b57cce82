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
    if (config.prometheus.empty()) config.prometheus.emplace_back();
    return config;
}

}  // namespace

RuleStage::RuleStage(config::Config config, const config::RuleTest& test, rehearsal::Scrapes scrapes)
    : config_(only_needed(std::move(config), test)),
      test_(test),
      start_(scrapes.start),
      clock_(std::make_shared<rehearsal::HandClock>(scrapes.start)),
      prometheus_(test.series, scrapes, clock_),
      collector_(config_.prometheus.front(), config_.signals, prometheus_, registry_, clock_),
      judges_(config_) {}

Result<void> RuleStage::tick(Time now) {
    if (!store_) {
        auto opened = incidents::open_store("sqlite::memory:");
        if (!opened) return std::unexpected(opened.error());
        store_ = std::move(*opened);
    }
    clock_->set(now);
    prometheus_.set_reachable(std::ranges::none_of(test_.outages, [&](const config::Outage& outage) {
        return now - start_ >= outage.from && now - start_ < outage.to;
    }));
    auto snapshot = collector_.poll(cursor_, judges_.horizon(cursor_.value_or(Time())));
    auto inspection = judges_.inspect(snapshot);
    firing_ = inspection.findings;
    std::erase_if(firing_, [](const Finding& finding) { return finding.ended_at.has_value(); });
    readings_ = snapshot.readings;
    return settle(snapshot, std::move(inspection));
}

Result<void> RuleStage::settle(const Snapshot& snapshot, Inspection inspection) {
    incidents::Tick tick;
    tick.now = clock_->now();
    tick.prometheus = snapshot.prometheus;
    tick.reachable = snapshot.reachable;
    tick.at = snapshot.at;
    tick.findings = std::move(inspection.findings);
    tick.rules = std::move(inspection.rules);
    if (auto committed = store_->commit(tick, config_.incidents); !committed) return std::unexpected(committed.error());
    if (snapshot.reachable) cursor_ = snapshot.at;
    return deliver(tick.now);
}

Result<void> RuleStage::deliver(Time now) {
    for (const auto& target : config_.notify.targets) {
        while (true) {
            auto claimed = store_->claim(target.name, now, now + std::chrono::minutes(1));
            if (!claimed) return std::unexpected(claimed.error());
            if (!*claimed) break;
            const incidents::Attempt attempt{DeliveryState::delivered, now, now, ""};
            if (auto finished = store_->finish((*claimed)->id, attempt); !finished) return finished;
            notices_.push_back(std::move(**claimed));
        }
    }
    return {};
}

}  // namespace meshwarden::app

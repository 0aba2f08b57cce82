#include "app/stage.hpp"

#include <algorithm>

namespace meshwarden::app {

Stage::Stage(config::Config config, const collector::Options& prometheus, io::HttpClient& http,
             std::shared_ptr<rehearsal::HandClock> clock)
    : config_(std::move(config)),
      clock_(std::move(clock)),
      collector_(prometheus, config_.signals, http, registry_, clock_),
      judges_(config_) {}

Result<void> Stage::tick(Time now) {
    if (!store_) {
        auto opened = incidents::open_store("sqlite::memory:");
        if (!opened) return std::unexpected(opened.error());
        store_ = std::move(*opened);
    }
    clock_->set(now);
    auto snapshot = collector_.poll(cursor_, judges_.horizon());
    auto inspection = judges_.inspect(snapshot);
    firing_ = inspection.findings;
    std::erase_if(firing_, [](const Finding& finding) { return finding.ended_at.has_value(); });
    readings_ = snapshot.readings;
    scrape_interval_ = snapshot.scrape_interval;
    return settle(snapshot, std::move(inspection));
}

Result<void> Stage::settle(const Snapshot& snapshot, Inspection inspection) {
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

Result<void> Stage::deliver(Time now) {
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

#include "app/janitor.hpp"

#include <prometheus/family.h>
#include <spdlog/spdlog.h>


#include "app/loop_log.hpp"
#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

constexpr Duration between_rounds = std::chrono::minutes(1);
constexpr Duration between_steps = std::chrono::milliseconds(50);
constexpr Duration before_next_try = std::chrono::seconds(5);

incidents::Configured configured(const config::Config& config) {
    incidents::Configured configured;
    for (const auto& rule : config.rules)
        if (rule.enabled && (config.anomaly.enabled || !rule.learned)) configured.rules.push_back(rule.name);
    configured.rules.emplace_back(Keeper::rule);
    for (const auto& target : config.notify.targets) configured.targets.push_back(target.name);
    for (const auto& prometheus : config.prometheus) configured.prometheus.push_back(prometheus.name);
    return configured;
}

prometheus::Counter& erased(prometheus::Registry& registry, const char* what) {
    return prometheus::BuildCounter()
        .Name("meshwarden_retention_erased_total")
        .Help("What retention erased.")
        .Register(registry)
        .Add({{"what", what}});
}

}  // namespace

Janitor::Janitor(const config::Config& config, OpenStore open, const io::Clock& clock, prometheus::Registry& registry)
    : config_(config),
      open_(std::move(open)),
      clock_(clock),
      incidents_(erased(registry, "incidents")),
      payloads_(erased(registry, "payloads")),
      notices_(erased(registry, "notices")) {}

bool Janitor::open() {
    if (store_) return true;
    auto store = open_();
    if (!store) return failed(store.error()), false;
    store_ = std::move(*store);
    return true;
}

void Janitor::failed(const Error& error) {
    if (failing_.failed(clock_.now()))
        spdlog::error(log_text("the database cannot be kept in order, trying again", {{"error", error.message}}));
}

void Janitor::retire() {
    if (retired_ || !open()) return;
    const auto done = store_->retire(configured(config_), clock_.now(), config_.incidents);
    if (!done) return failed(done.error());
    retired_ = true;
    for (const auto& [kind, incident] : done->changes) log_change(kind, incident);
    if (done->given_up > 0)
        spdlog::warn(log_text("notices were given up: their target is no longer configured",
                              {{"notices", std::to_string(done->given_up)}}));
}

void Janitor::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        retire();
        if (retired_) retain(stop);
        clock_.sleep_until(clock_.now() + (failing_.goes_on() ? before_next_try : between_rounds), stop);
    }
}

void Janitor::retain(std::stop_token stop) {
    const incidents::Retention retention{config_.retention, config_.max_size};
    incidents::Retained sum;
    for (sum.more = true; sum.more && !stop.stop_requested();) {
        const auto step = store_->retain(retention, clock_.now());
        if (!step) return failed(step.error());
        incidents_.Increment(step->incidents);
        payloads_.Increment(step->events);
        notices_.Increment(step->notices);
        sum.incidents += step->incidents;
        sum.used_bytes = step->used_bytes;
        sum.more = step->more;
        if (sum.more) clock_.sleep_until(clock_.now() + between_steps, stop);
    }
    if (const auto past = failing_.succeeded(clock_.now()))
        spdlog::info(log_text("the database is kept in order again",
                              {{"failures", std::to_string(past->failures)}, {"lasted", to_string(past->lasted)}}));
    const auto used = std::to_string(sum.used_bytes);
    if (sum.incidents > 0)
        spdlog::info(
            log_text("old incidents were erased", {{"incidents", std::to_string(sum.incidents)}, {"bytes", used}}));
    const bool too_large = sum.used_bytes > retention.size;
    if (too_large && !too_large_)
        spdlog::warn(log_text("the database is larger than storage.max_size: open incidents, waiting notices and the"
                              " chain of events stay",
                              {{"bytes", used}, {"max_size", std::to_string(retention.size)}}));
    too_large_ = too_large;
}

}  // namespace meshwarden::app

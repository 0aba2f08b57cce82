#include "app/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace meshwarden::app {
namespace {

constexpr Duration save_state_every = std::chrono::minutes(5);
constexpr std::size_t most_unsettled = 10'000;

std::string state_name(const std::string& prometheus, const Detector& detector) {
    return prometheus + "/" + detector.name();
}

// A signal that was not due, or is not exposed, leaves no gap; a question without a whole answer does.
bool complete(const Snapshot& snapshot) {
    constexpr std::array gaps{"query_failed", "timeout", "partial", "too_many_series", "unreachable"};
    return std::ranges::none_of(snapshot.readings, [&](const Reading& reading) {
        return std::ranges::find(gaps, reading.coverage.cause.code) != gaps.end();
    });
}

}  // namespace

Loop::Loop(const config::Config& config, const collector::Options& prometheus, std::unique_ptr<incidents::Store> store,
           const io::Clock& clock, LoopMetrics& metrics, prometheus::Registry& registry, std::function<void(const TickReport&)> report)
    : config_(config),
      name_(prometheus.name),
      store_(std::move(store)),
      clock_(clock),
      metrics_(metrics),
      report_(std::move(report)),
      collector_(prometheus, config.signals, http_, registry),
      rules_(config.rules, config.signals),
      topology_(config.anomaly, config.rules) {}

Result<void> Loop::restore() {
    auto cursor = store_->cursor(name_);
    if (!cursor) return std::unexpected(cursor.error());
    cursor_ = *cursor;
    auto state = store_->detector_state(state_name(name_, topology_));
    if (!state) return std::unexpected(state.error());
    if (auto loaded = topology_.load(*state); !loaded) spdlog::warn("prometheus={} {}", name_, loaded.error().message);
    return {};
}

void Loop::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        if (auto restored = restore(); restored) break;
        else spdlog::error("prometheus={} the stored state cannot be read, trying again: {}", name_, restored.error().message);
        clock_.sleep_until(clock_.now() + std::chrono::seconds(1), stop);
    }
    Time due = clock_.now();
    while (!stop.stop_requested()) {
        const Time began = clock_.now();
        tick(stop);
        if (stop.stop_requested()) return;
        const auto interval = std::max(collector_.interval(), Duration(100));
        const Time ended = clock_.now();
        // Whole intervals, so that ticks neither drift nor pile up; a clock that was set back starts anew.
        const auto behind = ended < due ? 0 : (ended - due) / interval;
        due = ended < began ? ended + interval : due + interval * (behind + 1);
        if (due > ended + interval) due = ended + interval;
        metrics_.missed(name_, behind);
        clock_.sleep_until(due, stop);
    }
}

void Loop::tick(std::stop_token stop) {
    const Time began = clock_.now();
    auto snapshot = collector_.poll(cursor_, std::max(rules_.horizon(), topology_.horizon()), stop);
    if (stop.stop_requested()) return;
    if (snapshot.reachable)
        skew_ = snapshot.at - began;
    else
        snapshot.at = began + skew_;
    if (snapshot.reachable != was_reachable_) {
        if (snapshot.reachable) spdlog::info("prometheus={} answers again", name_);
        else spdlog::error("prometheus={} does not answer: {}", name_, snapshot.unreachable_cause);
        was_reachable_ = snapshot.reachable;
    }
    settle(snapshot, inspect(snapshot));
    const Duration took = clock_.now() - began;
    metrics_.ticked(name_, !snapshot.reachable ? "failed" : complete(snapshot) ? "ok" : "partial", took);
    if (snapshot.edges_answered) metrics_.topology(*topology_.topology());
    report_({name_, snapshot.reachable, snapshot.unreachable_cause, snapshot.at, took, collector_.interval(), notices_, topology_.topology()});
}

Inspection Loop::inspect(Snapshot& snapshot) {
    auto inspection = rules_.inspect(snapshot);
    auto learned = topology_.inspect(snapshot);
    std::ranges::move(learned.findings, std::back_inserter(inspection.findings));
    std::ranges::move(learned.rules, std::back_inserter(inspection.rules));
    for (auto& finding : inspection.findings) own(finding);
    for (const auto& rule : inspection.rules) metrics_.judged(rule);
    return inspection;
}

void Loop::own(Finding& finding) const {
    const auto owner = std::ranges::find_if(config_.owners, [&](const config::Owner& o) { return all_match(o.match, finding.labels); });
    if (owner == config_.owners.end()) return;
    finding.labels.set("team", owner->team);
    if (finding.runbook_url.empty()) finding.runbook_url = owner->runbook_url;
}

std::map<std::string, std::string> Loop::states_to_save(Time now, std::size_t learned_findings) {
    if (learned_findings == learned_findings_ && now - state_saved_at_ < save_state_every) return {};
    state_saved_at_ = now;
    learned_findings_ = learned_findings;
    return {{state_name(name_, topology_), topology_.save()}};
}

void Loop::settle(const Snapshot& snapshot, Inspection inspection) {
    incidents::Tick tick;
    tick.now = clock_.now();
    tick.prometheus = name_;
    tick.reachable = snapshot.reachable;
    tick.at = snapshot.at;
    tick.findings = unsettled_;
    std::ranges::move(inspection.findings, std::back_inserter(tick.findings));
    tick.rules = std::move(inspection.rules);
    tick.readings = snapshot.readings;
    for (auto& reading : tick.readings) reading.updates.clear();
    double learned = 0;
    for (const auto& finding : tick.findings)
        if (finding.kind == IncidentKind::anomaly) learned += finding.value;
    tick.detector_states = states_to_save(tick.now, std::size_t(learned));

    const auto outcome = store_->commit(tick, config_.incidents);
    notices_ = outcome && outcome->notices > 0;
    if (!outcome) {
        if (settled_) spdlog::error("prometheus={} this tick could not be saved and is kept in memory: {}", name_, outcome.error().message);
        settled_ = false;
        state_saved_at_ = Time();
        std::erase_if(tick.findings, [](const Finding& finding) { return !finding.ended_at; });
        if (tick.findings.size() > most_unsettled) tick.findings.resize(most_unsettled);
        unsettled_ = std::move(tick.findings);
        return;
    }
    if (!settled_) spdlog::info("prometheus={} ticks are saved again", name_);
    settled_ = true;
    unsettled_.clear();
    if (snapshot.reachable) cursor_ = snapshot.at;
    for (const auto& [kind, incident] : outcome->changes) {
        spdlog::info("incident={} event={} rule={} severity={} value={} summary={}", incident.id, to_string(kind), incident.rule,
                     to_string(incident.severity), incident.value, incident.summary);
        if (kind == EventKind::opened || kind == EventKind::reopened) metrics_.opened(incident);
    }
}

}  // namespace meshwarden::app

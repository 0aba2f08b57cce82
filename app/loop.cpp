#include "app/loop.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

#include "app/pace.hpp"
#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

constexpr Duration save_topology_every = std::chrono::minutes(5);

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

Loop::Loop(const config::Config& config, const collector::Options& prometheus, OpenStore open, Context context)
    : config_(config),
      prometheus_(prometheus),
      context_(std::move(context)),
      keeper_(prometheus.name, std::move(open), {context_.clock, context_.metrics, config.incidents, context_.told}),
      log_(prometheus.name) {
    begin_anew();
}

Loop::~Loop() { context_.metrics.left(prometheus_.name); }

void Loop::begin_anew() {
    judges_.emplace(config_);
    collector_.emplace(prometheus_, config_.signals, http_, context_.registry);
    warm_up_.emplace(config_.anomaly, prometheus_.name, context_.clock, context_.metrics);
}

// Where the store fails already at the start the ticks go on in memory; once it is back they begin anew from its
// cursor.
void Loop::recall() {
    std::vector<std::string> names;
    for (const auto* detector : judges_->all()) names.push_back(state_name(prometheus_.name, *detector));
    const auto states = keeper_.recall(names);
    if (!states) return;
    begin_anew();
    for (std::size_t i = 0; i < states->size(); ++i) {
        const auto loaded = judges_->all()[i]->load((*states)[i]);
        if (loaded) continue;
        spdlog::warn(log_text("a detector begins anew", {{"prometheus", prometheus_.name},
                                                         {"detector", judges_->all()[i]->name()},
                                                         {"error", loaded.error().message}}));
    }
    rules_saved_.reset();
}

void Loop::run(std::stop_token stop) {
    const auto interval = [this] { return std::max(collector_->interval(), Duration(100)); };
    Pace pace(context_.clock.now(), interval());
    while (!stop.stop_requested()) {
        tick(stop);
        if (stop.stop_requested()) return;
        context_.metrics.missed(prometheus_.name, pace.ended(context_.clock.now(), interval()));
        context_.clock.sleep_until(pace.due(), stop);
    }
}

void Loop::tick(std::stop_token stop) {
    const Time began = context_.clock.now();
    if (!keeper_.remembers()) recall();
    auto snapshot = collector_->poll(keeper_.cursor(), judges_->horizon(), stop);
    if (stop.stop_requested()) return;
    if (snapshot.reachable)
        skew_ = snapshot.at - began;
    else
        snapshot.at = began + skew_;
    log_.polled(snapshot, began);
    log_.resumed(snapshot, keeper_.cursor());
    snapshot.expectations = keeper_.expectations();
    warm_up_->step(snapshot, *collector_, judges_->topology(), stop);
    auto inspection = judges_->inspect(snapshot);
    for (const auto& rule : inspection.rules) context_.metrics.judged(prometheus_.name, rule);
    for (auto& reading : snapshot.readings) reading.updates.clear();
    const auto sight = std::make_shared<const TickSight>(snapshot.readings, inspection.rules);
    settle(snapshot, std::move(inspection), stop);
    const Duration took = context_.clock.now() - began;
    const auto& name = prometheus_.name;
    context_.metrics.ticked(name, !snapshot.reachable ? "failed" : complete(snapshot) ? "ok" : "partial", took);
    const auto topology = judges_->topology().topology();
    if (snapshot.edges_answered) context_.metrics.topology(name, *topology);
    context_.report({name, snapshot.reachable, snapshot.unreachable_cause, snapshot.at, took, collector_->interval(),
                     topology, sight, warm_up_->progress(), keeper_.trouble()});
}

bool Loop::topology_due(const incidents::Tick& tick) {
    double learned = 0;
    for (const auto& finding : tick.findings)
        if (finding.kind == IncidentKind::anomaly) learned += finding.value;
    const auto learned_findings = std::size_t(learned);
    if (learned_findings == learned_findings_ && tick.now - topology_saved_at_ < save_topology_every) return false;
    topology_saved_at_ = tick.now;
    learned_findings_ = learned_findings;
    return true;
}

void Loop::settle(const Snapshot& snapshot, Inspection inspection, std::stop_token stop) {
    incidents::Tick tick;
    tick.now = context_.clock.now();
    tick.prometheus = prometheus_.name;
    tick.reachable = snapshot.reachable;
    tick.at = snapshot.at;
    tick.findings = std::move(inspection.findings);
    tick.rules = std::move(inspection.rules);
    tick.readings = snapshot.readings;
    auto& topology = judges_->topology();
    const bool saves_topology = topology_due(tick);
    if (saves_topology) {
        tick.detector_states[state_name(prometheus_.name, topology)] = topology.save();
        tick.ended_presences = topology.ended();
    }
    auto rules = judges_->rules().save();
    if (rules != rules_saved_) tick.detector_states[state_name(prometheus_.name, judges_->rules())] = rules;
    if (!keeper_.keep(std::move(tick), stop)) {
        topology_saved_at_ = Time();
        rules_saved_.reset();
        return;
    }
    rules_saved_ = std::move(rules);
    if (saves_topology) topology.saved();
}

}  // namespace meshwarden::app

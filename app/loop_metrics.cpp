#include "app/loop_metrics.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace meshwarden::app {

LoopMetrics::LoopMetrics(prometheus::Registry& registry)
    : ticks_(prometheus::BuildCounter().Name("meshwarden_ticks_total").Help("Ticks by result.").Register(registry)),
      missed_(prometheus::BuildCounter()
                  .Name("meshwarden_ticks_missed_total")
                  .Help("Ticks left out because one before took too long.")
                  .Register(registry)),
      not_saved_(prometheus::BuildCounter()
                     .Name("meshwarden_commits_failed_total")
                     .Help("Ticks that could not be saved and are kept in memory.")
                     .Register(registry)),
      duration_(prometheus::BuildHistogram()
                    .Name("meshwarden_tick_duration_seconds")
                    .Help("Time from the poll to the commit.")
                    .Register(registry)),
      rules_(prometheus::BuildGauge()
                 .Name("meshwarden_rule_state")
                 .Help("1 for the state that a rule is in.")
                 .Register(registry)),
      opened_(prometheus::BuildCounter()
                  .Name("meshwarden_incidents_opened_total")
                  .Help("Incidents opened or reopened.")
                  .Register(registry)),
      edges_(prometheus::BuildGauge()
                 .Name("meshwarden_edges")
                 .Help("Edges of the topology that are known.")
                 .Register(registry)),
      warm_up_(prometheus::BuildGauge()
                   .Name("meshwarden_warm_up_ratio")
                   .Help("Share of the past that the topology was taught; 1: all.")
                   .Register(registry)),
      new_edges_(prometheus::BuildCounter()
                     .Name("meshwarden_edges_new_total")
                     .Help("Edges seen for the first time.")
                     .Register(registry)
                     .Add({})),
      forgotten_edges_(prometheus::BuildCounter()
                           .Name("meshwarden_edges_forgotten_total")
                           .Help("Edges that made room for others.")
                           .Register(registry)
                           .Add({})),
      left_out_events_(prometheus::BuildCounter()
                           .Name("meshwarden_edge_events_left_out_total")
                           .Help("Events of workloads that the baseline has no room for.")
                           .Register(registry)
                           .Add({})) {}

void LoopMetrics::ticked(const std::string& prometheus, const char* result, Duration took) {
    // All are there from the first tick: births are seen by nobody.
    for (const char* each : {"ok", "partial", "failed"})
        ticks_.Add({{"prometheus", prometheus}, {"result", each}}).Increment(std::string_view(each) == result ? 1 : 0);
    not_saved_.Add({{"prometheus", prometheus}});
    duration_.Add({{"prometheus", prometheus}}, prometheus::Histogram::BucketBoundaries{.01, .03, .1, .3, 1, 3, 10, 30})
        .Observe(double(took.count()) / 1000);
}

void LoopMetrics::missed(const std::string& prometheus, std::int64_t ticks) {
    missed_.Add({{"prometheus", prometheus}}).Increment(double(ticks));
}

void LoopMetrics::not_saved(const std::string& prometheus) {
    not_saved_.Add({{"prometheus", prometheus}}).Increment();
}

void LoopMetrics::judged(const std::string& prometheus, const RuleVerdict& verdict) {
    const std::lock_guard lock(mutex_);
    auto& healths = healths_[verdict.rule];
    healths[prometheus] = verdict.health;
    show_rule(verdict.rule, healths);
}

// Of several Prometheuses the worst: what fires somewhere fires. Of none nothing is shown.
void LoopMetrics::show_rule(const std::string& rule, const std::map<std::string, RuleHealth>& healths) {
    constexpr std::array worst_first{RuleHealth::firing, RuleHealth::blind, RuleHealth::ok, RuleHealth::off};
    const auto held = [&](RuleHealth health) {
        return std::ranges::any_of(healths, [&](const auto& entry) { return entry.second == health; });
    };
    const auto worst = std::ranges::find_if(worst_first, held);
    for (const auto health : worst_first) {
        auto& gauge = rules_.Add({{"rule", rule}, {"state", std::string(to_string(health))}});
        if (worst == worst_first.end()) rules_.Remove(&gauge);
        else gauge.Set(health == *worst);
    }
}

void LoopMetrics::opened(const Incident& incident) {
    opened_.Add({{"rule", incident.rule}, {"severity", std::string(to_string(incident.severity))}}).Increment();
}

void LoopMetrics::topology(const std::string& prometheus, const Topology& topology) {
    // A count begins at 0 again where a detector begins anew.
    const auto grow = [](prometheus::Counter& counter, std::uint64_t& known, std::uint64_t now) {
        if (now > known) counter.Increment(double(now - known));
        known = now;
    };
    const std::lock_guard lock(mutex_);
    auto& known = topologies_[prometheus];
    grow(new_edges_, known.edges, topology.edges.size());
    grow(forgotten_edges_, known.forgotten, topology.edges_forgotten);
    grow(left_out_events_, known.left_out, topology.events_left_out);
    for (auto& [protocol, count] : known.by_protocol) count = 0;
    for (const auto& edge : topology.edges)
        known.by_protocol[edge.labels.has("protocol") ? std::string(edge.labels.get("protocol")) : "unknown"] += 1;
    show_edges();
}

void LoopMetrics::show_edges() {
    std::map<std::string, double> sums;
    for (const auto& [name, one] : topologies_)
        for (const auto& [protocol, count] : one.by_protocol) sums[protocol] += count;
    for (const auto& [protocol, count] : sums) edges_.Add({{"protocol", protocol}}).Set(count);
}

// What was counted stays: the loop that comes after a reload goes on from there.
void LoopMetrics::left(const std::string& prometheus) {
    const std::lock_guard lock(mutex_);
    for (auto& [protocol, count] : topologies_[prometheus].by_protocol) count = 0;
    show_edges();
    for (auto& [rule, healths] : healths_)
        if (healths.erase(prometheus)) show_rule(rule, healths);
    std::erase_if(healths_, [](const auto& entry) { return entry.second.empty(); });
    warm_up_.Remove(&warm_up_.Add({{"prometheus", prometheus}}));
}

void LoopMetrics::warmed_up(const std::string& prometheus, double share) {
    warm_up_.Add({{"prometheus", prometheus}}).Set(share);
}

}  // namespace meshwarden::app

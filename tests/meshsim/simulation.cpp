#include "tests/meshsim/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/traffic.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr double change_every = 20;  // seconds between healthy pushes

}  // namespace

Simulation::Simulation(const MeshOptions& options, std::vector<Step> steps, bool background, double now)
    : mesh_(build_mesh(options, now)), engine_(mesh_), steps_(std::move(steps)), background_(background) {
  std::ranges::stable_sort(steps_, {}, &Step::at);
  next_change_ = now + change_every / 2;
  next_stir_ = now + 25;
}

void Simulation::advance(double now) {
  play(now);
  for (; background_ && next_change_ <= now; next_change_ += change_every) mesh_.istiod.change();
  while (background_ && next_stir_ <= now) {
    stir(next_stir_);
    next_stir_ += between(dice(mesh_.options.seed, 11, ++stirs_), 20, 50);
  }
  engine_.advance(now);
  forget_retired(mesh_, now);
}

void Simulation::play(double now) {
  for (; next_step_ < steps_.size() && mesh_.started_at + steps_[next_step_].at <= now; ++next_step_) {
    const Step& step = steps_[next_step_];
    const auto begun = engine_.begin(step.parameters, mesh_.started_at + step.at);
    fmt::print(stderr, "scenario {}s {}: {}\n", step.at, step.parameters.kind, begun ? "begun" : begun.error());
  }
}

// A deploy, an autoscaling or a pod restart of a service at which nobody is counting.
void Simulation::stir(double at) {
  for (std::uint64_t attempt = 0; attempt < 20; ++attempt) {
    const std::uint64_t throw_ = dice(mesh_.options.seed, 12, stirs_, attempt);
    const auto id = static_cast<WorkloadId>(throw_ % mesh_.workloads.size());
    const Workload& workload = mesh_.workloads[id];
    if (workload.role != Role::service || workload.mode != Mode::sidecar || engine_.busy(id, at)) continue;
    Parameters change;
    change.destination = workload.space + "/" + workload.name;
    change.kind = std::array{"deploy", "pod-restart", "autoscale"}[(throw_ >> 32) % 3];
    if (change.kind == "pod-restart") change.pod = mesh_.pod(workload.pods[(throw_ >> 40) % workload.pods.size()]).name;
    if (change.kind == "autoscale") change.replicas = 2 + (workload.pods.size() + (throw_ >> 40) % 2) % 3;
    if (change.kind == "deploy") change.over = 10;
    const auto begun = engine_.begin(change, at, true);
    fmt::print(stderr, "background {} {}: {}\n", change.kind, change.destination, begun ? "begun" : begun.error());
    return;
  }
}

Answer Simulation::page(const std::string& name, double now) {
  advance(now);
  const auto found = mesh_.pod_by_name.find(name);
  if (found == mesh_.pod_by_name.end() || !has_page(mesh_.workload_of(mesh_.pod(found->second)))) return {404, {}};
  const Pod& pod = mesh_.pod(found->second);
  if (pod.dark_until > now) return {503, {}};
  if (pod.retired_at == 0) advance_pod(mesh_, pod, now);
  return {200, render_page(mesh_, pod, now)};
}

std::string Simulation::targets(const std::string& address, double now) {
  advance(now);
  return render_targets(mesh_, address);
}

std::expected<nlohmann::json, Problem> Simulation::begin(const nlohmann::json& body, double now) {
  advance(now);
  const auto parameters = parse_parameters(body);
  if (!parameters) return std::unexpected(parameters.error());
  const auto id = engine_.begin(*parameters, now);
  if (!id) return std::unexpected(id.error());
  return to_json(*engine_.find(*id));
}

std::optional<nlohmann::json> Simulation::end(std::uint64_t id, double now) {
  advance(now);
  if (!engine_.end(id, now)) return std::nullopt;
  return to_json(*engine_.find(id));
}

std::optional<nlohmann::json> Simulation::fault(std::uint64_t id, double now) {
  advance(now);
  const Fault* found = engine_.find(id);
  if (!found) return std::nullopt;
  return to_json(*found);
}

nlohmann::json Simulation::faults(bool with_background, double now) {
  advance(now);
  auto list = nlohmann::json::array();
  for (const Fault& fault : engine_.all()) {
    if (with_background || !fault.background) list.push_back(to_json(fault));
  }
  return list;
}

}  // namespace meshwarden::meshsim

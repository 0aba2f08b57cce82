#include "tests/meshsim/upkeep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/traffic.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr double slow_push = 35;  // seconds, beyond the last finite bucket

std::expected<void, Problem> take_pods(Fault& fault, std::vector<PodId> pods) {
  fault.pods = std::move(pods);
  fault.planned = fault.pods.size();
  return {};
}

bool serving(const Mesh& mesh, PodId id) { return mesh.pods[id] && mesh.pods[id]->retired_at == 0; }

// What was counted before a restart was counted by the old process.
void settle(Mesh& mesh, PodId id, double at) { advance_pod(mesh, mesh.pod(id), at); }

std::expected<std::uint64_t, Problem> share_of(const Fault& fault, std::uint64_t whole, double otherwise) {
  const double share = fault.parameters.share.value_or(otherwise);
  if (!(share > 0 && share <= 1)) return std::unexpected("share must be above 0 and at most 1");
  return static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(whole)));
}

}  // namespace

std::expected<void, Problem> list_pods(Mesh& mesh, Fault& fault) {
  const std::vector<PodId>& all = mesh.workloads[*fault.destination].pods;
  const std::string& wanted = fault.parameters.pod;
  if (wanted.empty()) return take_pods(fault, all);
  for (const PodId id : all) {
    if (mesh.pod(id).name != wanted) continue;
    fault.labels["pod"] = wanted;
    return take_pods(fault, {id});
  }
  return std::unexpected(fmt::format("the destination has no pod '{}'", wanted));
}

std::expected<void, Problem> list_all_proxies(Mesh& mesh, Fault& fault) {
  std::vector<PodId> pods;
  for (const Workload& workload : mesh.workloads) {
    if (has_proxy(workload)) pods.insert(pods.end(), workload.pods.begin(), workload.pods.end());
  }
  return take_pods(fault, std::move(pods));
}

std::expected<void, Problem> prepare_deploy(Mesh& mesh, Fault& fault) {
  begin_replica_set(mesh, *fault.destination);
  return take_pods(fault, mesh.workloads[*fault.destination].pods);
}

std::expected<void, Problem> prepare_autoscale(Mesh& mesh, Fault& fault) {
  const std::uint64_t wanted = fault.parameters.replicas.value_or(0);
  if (wanted < 1 || wanted > 100) return std::unexpected("autoscale needs replicas from 1 to 100");
  const std::uint64_t now = mesh.workloads[*fault.destination].pods.size();
  fault.planned = wanted > now ? wanted - now : now - wanted;
  return {};
}

void restart_next(Mesh& mesh, Fault& fault, Moment moment) {
  const PodId id = fault.pods[moment.index];
  if (!serving(mesh, id)) return;
  settle(mesh, id, moment.at);
  restart_pod(mesh, id, moment.at);
}

void replace_next(Mesh& mesh, Fault& fault, Moment moment) {
  const PodId old = fault.pods[moment.index];
  if (!serving(mesh, old)) return;
  settle(mesh, old, moment.at);
  start_pod(mesh, *fault.destination, moment.at);
  retire_pod(mesh, old, moment.at);
  mesh.istiod.change();
}

void scale_next(Mesh& mesh, Fault& fault, Moment moment) {
  const Workload& workload = mesh.workloads[*fault.destination];
  advance_workload(mesh, *fault.destination, moment.at);
  if (workload.pods.size() < *fault.parameters.replicas) {
    start_pod(mesh, *fault.destination, moment.at);
  } else if (workload.pods.size() > *fault.parameters.replicas) {
    retire_pod(mesh, workload.pods.back(), moment.at);
  }
  mesh.istiod.change();
}

std::expected<void, Problem> silence_edge(Mesh& mesh, Fault& fault) {
  for (const std::uint32_t id : mesh.workloads[*fault.destination].inbound) {
    Edge& edge = mesh.edges[id];
    if (edge.source != *fault.source) continue;
    if (edge.silent) return std::unexpected("that edge is silent already");
    advance_edge(mesh, edge, fault.started_at);
    edge.silent = true;
    fault.edge = id;
    fault.made = 1;
    return {};
  }
  return std::unexpected("the source does not call the destination");
}

void revive_edge(Mesh& mesh, Fault& fault, double at) {
  Edge& edge = mesh.edges[*fault.edge];
  advance_edge(mesh, edge, at);
  edge.silent = false;
}

std::expected<void, Problem> darken(Mesh& mesh, Fault& fault) {
  std::vector<PodId> pods;
  if (fault.destination) {
    pods = mesh.workloads[*fault.destination].pods;
  } else {
    static_cast<void>(list_all_proxies(mesh, fault));
    const auto wanted = share_of(fault, fault.pods.size(), 0.3);
    if (!wanted) return std::unexpected(wanted.error());
    pods = fault.pods;
    std::sort(pods.begin(), pods.end(), [&](PodId left, PodId right) {
      return dice(mesh.options.seed, fault.id, left) < dice(mesh.options.seed, fault.id, right);
    });
    pods.resize(*wanted);
  }
  for (const PodId id : pods) mesh.pod(id).dark_until = std::numeric_limits<double>::infinity();
  fault.made = pods.size();
  fault.pods = std::move(pods);
  return {};
}

void lighten(Mesh& mesh, Fault& fault, double) {
  for (const PodId id : fault.pods) {
    if (mesh.pods[id]) mesh.pod(id).dark_until = 0;
  }
}

void converge_slowly(Mesh& mesh, Fault&, Moment) { mesh.istiod.converge(slow_push, 1); }
void reject_configuration(Mesh& mesh, Fault&, Moment) { mesh.istiod.rejects += 1; }

std::expected<void, Problem> freeze(Mesh& mesh, Fault&) {
  mesh.istiod.freezes += 1;
  return {};
}
void debounce(Mesh& mesh, Fault&, Moment) { mesh.istiod.change(); }
void thaw(Mesh& mesh, Fault&, double) { mesh.istiod.freezes -= 1; }

std::expected<void, Problem> lose_proxies(Mesh& mesh, Fault& fault) {
  const auto lost = share_of(fault, mesh.istiod.connected, 0.3);
  if (!lost) return std::unexpected(lost.error());
  fault.lost = fault.made = *lost;
  mesh.istiod.lost += *lost;
  return {};
}
void regain_proxies(Mesh& mesh, Fault& fault, double) { mesh.istiod.lost -= fault.lost; }

}  // namespace meshwarden::meshsim

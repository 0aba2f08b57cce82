// Life and death of pods.
#include <fmt/format.h>

#include <algorithm>

#include "tests/meshsim/counting.hpp"
#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {
namespace {

std::string letters(std::uint64_t number, std::size_t length) {
  constexpr std::string_view alphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string text;
  for (; text.size() < length; number = mix(number)) text += alphabet[number % alphabet.size()];
  return text;
}

std::string pod_name(Mesh& mesh, const Workload& workload) {
  for (;;) {
    const std::string suffix = letters(dice(mesh.options.seed, 77, ++mesh.names_made), 5);
    std::string name = workload.hash.empty() ? workload.name + "-" + suffix
                                             : fmt::format("{}-{}-{}", workload.name, workload.hash, suffix);
    if (!mesh.pod_by_name.contains(name)) return name;
  }
}

}  // namespace

std::size_t Mesh::proxies() const {
  std::size_t n = 0;
  for (const Workload& workload : workloads) n += has_proxy(workload) ? workload.pods.size() : 0;
  return n;
}

void begin_replica_set(Mesh& mesh, WorkloadId id) {
  Workload& workload = mesh.workloads[id];
  if (workload.role != Role::ztunnel) workload.hash = letters(dice(mesh.options.seed, 78, ++mesh.names_made), 9);
}

PodId start_pod(Mesh& mesh, WorkloadId workload, double now) {
  const auto id = static_cast<PodId>(mesh.pods.size());
  Workload& owner = mesh.workloads[workload];
  auto pod = std::make_unique<Pod>();
  pod->name = pod_name(mesh, owner);
  pod->ip = fmt::format("10.{}.{}.{}", 64 + id / 62500, id / 250 % 250, 1 + id % 250);
  pod->node = owner.pods.size() % 2 == 0 ? "node-a" : "node-b";
  pod->hash = owner.hash;
  pod->workload = workload;
  pod->born = now;
  mesh.pod_by_name.emplace(pod->name, id);
  owner.pods.push_back(id);
  mesh.pods.push_back(std::move(pod));
  declare_series(mesh, mesh.pod(id));
  mesh.istiod.connected = mesh.proxies();
  return id;
}

void restart_pod(Mesh& mesh, PodId id, double now) {
  Pod& pod = mesh.pod(id);
  pod.born = now;
  pod.page.clear();
  declare_series(mesh, pod);
}

void retire_pod(Mesh& mesh, PodId id, double now) {
  Pod& pod = mesh.pod(id);
  std::erase(mesh.workload_of(pod).pods, id);
  pod.retired_at = now;
  mesh.retired.push_back(id);
  mesh.istiod.connected = mesh.proxies();
}

void forget_retired(Mesh& mesh, double now) {
  while (!mesh.retired.empty() && mesh.pod(mesh.retired.front()).retired_at + linger < now) {
    const PodId id = mesh.retired.front();
    mesh.retired.pop_front();
    mesh.pod_by_name.erase(mesh.pod(id).name);
    mesh.pods[id].reset();
  }
}

}  // namespace meshwarden::meshsim

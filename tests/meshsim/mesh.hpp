// The simulated mesh: workloads, their pods, who calls whom, and the counters of every proxy.
// Times are seconds since the epoch. Not thread-safe: the server locks it as a whole. Pods are owned here and named by
// their index, which is never used twice; a pod that has been gone for `linger` seconds is null.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "tests/meshsim/istiod.hpp"
#include "tests/meshsim/page.hpp"

namespace meshwarden::meshsim {

enum class Role { service, gateway, waypoint, ztunnel, istiod };
enum class Mode { sidecar, ambient, waypoint };  // how the pods of a service are in the mesh
enum class Protocol { http, grpc, tcp };

using WorkloadId = std::uint32_t;
using PodId = std::uint32_t;

// How the labels of other proxies' series name this workload.
struct WorkloadTexts {
  TextId source = 0;        // source_* of a caller
  TextId destination = 0;   // destination_* of the workload and its service
  TextId refused = 0;       // destination_* where no upstream was chosen: the service is known, the workload is not
  TextId via_waypoint = 0;  // destination_* at the client's ztunnel: the waypoint as workload, this service
  TextId cluster = 0;       // cluster_name="outbound|..."
  TextId allowed = 0;       // labels of its own RBAC counters
  TextId denied = 0;
  TextId listener = 0;  // listener_address of its inbound (or public) listener
};

struct Workload {
  Role role = Role::service;
  Mode mode = Mode::sidecar;
  Protocol protocol = Protocol::http;
  std::string space;  // namespace
  std::string name;
  int port = 8080;
  std::string hash;  // of the current ReplicaSet; empty for a DaemonSet
  WorkloadTexts texts;
  std::vector<PodId> pods;                       // serving ones
  std::vector<std::uint32_t> inbound, outbound;  // edges
  std::unordered_set<WorkloadId> visitors;       // callers that only faults made
};

// An ambient service has no proxy of its own: its ztunnel speaks for it. istiod has a page, but is no proxy.
inline bool has_proxy(const Workload& workload) {
  return workload.role != Role::istiod && (workload.role != Role::service || workload.mode == Mode::sidecar);
}
inline bool has_page(const Workload& workload) { return workload.role == Role::istiod || has_proxy(workload); }

struct Pod {
  std::string name;
  std::string ip;
  std::string node;
  std::string hash;
  WorkloadId workload = 0;
  double born = 0;
  double retired_at = 0;  // 0: serving
  double dark_until = 0;  // its metrics page answers 503 before that time
  Page page;
};

struct Edge {
  WorkloadId source = 0;
  WorkloadId destination = 0;
  double rate = 1;  // calls per second at the middle of the day
  std::uint64_t total = 0;
  std::int64_t next_slot = 0;  // whole seconds since the start that are already counted
  bool silent = false;
};

struct MeshOptions {
  int services = 20;
  std::uint64_t seed = 1;
  std::uint64_t replicas = 0;  // pods of a service; 0: two or three
  bool optional_stats = true;
  bool lifelike = false;  // callers and answers as unevenly spread as in real meshes; of the optional stats the asked ones
};

struct Mesh {
  MeshOptions options;
  double started_at = 0;
  Texts texts;
  std::vector<Workload> workloads;
  std::vector<std::unique_ptr<Pod>> pods;
  std::vector<Edge> edges;
  std::unordered_map<std::string, PodId> pod_by_name;
  std::unordered_map<std::string, WorkloadId> workload_by_name;  // "namespace/name"
  std::deque<PodId> retired;
  Istiod istiod;
  WorkloadId gateway = 0, waypoint = 0, ztunnel = 0;
  std::uint64_t names_made = 0;  // feeds the names of new pods

  Pod& pod(PodId id) { return *pods[id]; }
  Workload& workload_of(const Pod& pod) { return workloads[pod.workload]; }
  // Proxies that istiod serves: everything but itself.
  std::size_t proxies() const;
};

// How long the page of a retired pod stays readable, so that a last scrape finds all it did.
inline constexpr double linger = 60;

// A mesh that has been running for hours at `now`; equal options and `now` give equal meshes.
Mesh build_mesh(const MeshOptions& options, double now);

PodId start_pod(Mesh& mesh, WorkloadId workload, double now);
void restart_pod(Mesh& mesh, PodId pod, double now);  // counters and uptime from 0, same name
void retire_pod(Mesh& mesh, PodId pod, double now);   // takes no more calls and leaves the list of targets
void forget_retired(Mesh& mesh, double now);
void begin_replica_set(Mesh& mesh, WorkloadId workload);  // pods started from here on carry a new hash

}  // namespace meshwarden::meshsim

// Which services there are, and who calls whom.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/meshsim/counting.hpp"
#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/habits.hpp"
#include "tests/meshsim/labels.hpp"
#include "tests/meshsim/mesh.hpp"
#include "tests/meshsim/traffic.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr std::array nouns{"cart",    "checkout", "ledger",  "orders", "catalog", "search",  "reviews",  "ratings",
                           "profile", "billing",  "invoice", "wallet", "payment", "fraud",   "shipping", "stock",
                           "pricing", "offers",   "mail",    "media",  "login",   "session", "audit",    "reports",
                           "feed",    "chat",     "geo",     "tax",    "quote",   "refund"};
constexpr std::array spaces{"shop", "pay", "web", "data", "ops", "core", "iot", "crm", "hr", "labs"};
constexpr std::array protocols{Protocol::http, Protocol::http, Protocol::grpc, Protocol::http, Protocol::tcp};

// What a die is thrown for.
enum Question : std::uint64_t { callers = 1, rate, replicas, history, popularity = 30, scars };

WorkloadId add_workload(Mesh& mesh, Workload workload) {
  const auto id = static_cast<WorkloadId>(mesh.workloads.size());
  mesh.workload_by_name.emplace(workload.space + "/" + workload.name, id);
  mesh.workloads.push_back(std::move(workload));
  return id;
}

void add_infrastructure(Mesh& mesh) {
  const auto add = [&](Role role, Mode mode, std::string space, std::string name, int port) {
    Workload workload;
    workload.role = role;
    workload.mode = mode;
    workload.space = std::move(space);
    workload.name = std::move(name);
    workload.port = port;
    return add_workload(mesh, std::move(workload));
  };
  mesh.gateway = add(Role::gateway, Mode::sidecar, "istio-system", "istio-ingressgateway", 8443);
  mesh.waypoint = add(Role::waypoint, Mode::waypoint, "club", "waypoint", 8080);
  mesh.ztunnel = add(Role::ztunnel, Mode::ambient, "istio-system", "ztunnel", 15008);
  add(Role::istiod, Mode::sidecar, "istio-system", "istiod", 15012);
}

// Ambient services are few: each ztunnel shows all of its node's, on one page.
Mode mode_of(int index, int services) {
  const int ambient = std::min(std::max(3, services / 5), 40);
  const int behind_waypoint = std::min(std::max(2, services / 10), 20);
  const int from_end = services - 1 - index;
  if (from_end < behind_waypoint) return Mode::waypoint;
  return from_end < behind_waypoint + ambient ? Mode::ambient : Mode::sidecar;
}

std::string space_of(int index, Mode mode, int services) {
  if (mode == Mode::ambient) return "bank";
  if (mode == Mode::waypoint) return "club";
  const auto used = static_cast<std::size_t>(std::clamp(services / 10, 2, static_cast<int>(spaces.size())));
  return spaces[static_cast<std::size_t>(index) % used];
}

void add_services(Mesh& mesh) {
  for (int index = 0; index < mesh.options.services; ++index) {
    Workload service;
    const auto place = static_cast<std::size_t>(index);
    service.mode = mode_of(index, mesh.options.services);
    service.space = space_of(index, service.mode, mesh.options.services);
    const std::size_t round = place / nouns.size();
    service.name = round == 0 ? nouns[place] : fmt::format("{}-{}", nouns[place % nouns.size()], round + 1);
    if (service.mode == Mode::sidecar) service.protocol = protocols[place % protocols.size()];
    if (service.mode == Mode::ambient) service.protocol = Protocol::tcp;
    service.port = service.protocol == Protocol::tcp ? 9000 : 8080;
    add_workload(mesh, std::move(service));
  }
}

void add_edge(Mesh& mesh, WorkloadId source, WorkloadId destination) {
  const auto id = static_cast<std::uint32_t>(mesh.edges.size());
  Edge edge;
  edge.source = source;
  edge.destination = destination;
  const bool connections = mesh.workloads[destination].protocol == Protocol::tcp;
  edge.rate = between(dice(mesh.options.seed, Question::rate, id), connections ? 0.4 : 0.6, connections ? 1.0 : 3.0);
  mesh.edges.push_back(edge);
  mesh.workloads[source].outbound.push_back(id);
  mesh.workloads[destination].inbound.push_back(id);
}

bool may_call(const Workload& source, const Workload& destination) {
  return (source.mode == Mode::sidecar) == (destination.mode == Mode::sidecar);
}

void add_callers(Mesh& mesh, WorkloadId destination, const std::vector<WorkloadId>& services) {
  std::vector<WorkloadId> chosen;
  const std::uint64_t wanted =
      mesh.options.lifelike ? lifelike_callers(dice(mesh.options.seed, Question::popularity, destination)) : 3;
  for (std::uint64_t attempt = 0; chosen.size() < wanted && attempt < 8 * wanted; ++attempt) {
    const auto throw_ = dice(mesh.options.seed, Question::callers, destination, attempt);
    const WorkloadId source = services[throw_ % services.size()];
    const bool taken = std::find(chosen.begin(), chosen.end(), source) != chosen.end();
    if (source == destination || taken || !may_call(mesh.workloads[source], mesh.workloads[destination])) continue;
    chosen.push_back(source);
    add_edge(mesh, source, destination);
  }
}

// The first services with HTTP are what the gateway leads to; nobody inside calls them.
void add_graph(Mesh& mesh) {
  std::vector<WorkloadId> sidecars, ambient;
  for (WorkloadId id = 0; id < mesh.workloads.size(); ++id) {
    const Workload& workload = mesh.workloads[id];
    if (workload.role == Role::service) (workload.mode == Mode::sidecar ? sidecars : ambient).push_back(id);
  }
  int frontends = std::max(2, mesh.options.services / 20);
  for (const WorkloadId id : sidecars) {
    if (frontends > 0 && mesh.workloads[id].protocol == Protocol::http) {
      add_edge(mesh, mesh.gateway, id);
      --frontends;
    } else {
      add_callers(mesh, id, sidecars);
    }
  }
  for (const WorkloadId id : ambient) add_callers(mesh, id, ambient);
}

std::uint64_t replicas_of(const Mesh& mesh, WorkloadId id) {
  const Role role = mesh.workloads[id].role;
  if (role == Role::istiod || role == Role::waypoint) return 1;
  if (role == Role::service && mesh.options.replicas > 0) return mesh.options.replicas;
  return role == Role::service ? 2 + dice(mesh.options.seed, Question::replicas, id) % 2 : 2;
}

void start_pods(Mesh& mesh, double now) {
  for (WorkloadId id = 0; id < mesh.workloads.size(); ++id) {
    begin_replica_set(mesh, id);
    const double age = between(dice(mesh.options.seed, Question::history, id), 4 * 3600, 72 * 3600);
    for (std::uint64_t n = replicas_of(mesh, id); n > 0; --n) mesh.pod(start_pod(mesh, id, now)).born = now - age;
  }
}

// One inbound listener in twenty has seen a handshake fail at some time.
void scar_listeners(Mesh& mesh) {
  constexpr std::array failures{Family::listener_no_chain, Family::listener_ssl_connection_error,
                                Family::listener_ssl_error, Family::listener_ssl_no_cert};
  for (PodId id = 0; id < mesh.pods.size(); ++id) {
    const std::uint64_t die = dice(mesh.options.seed, Question::scars, id);
    Pod& pod = mesh.pod(id);
    if (mesh.workload_of(pod).role != Role::service || unit(die) >= 0.05) continue;
    if (has_proxy(mesh.workload_of(pod))) count_listener(mesh, pod, failures[mix(die) % failures.size()], 1 + die % 20);
  }
}

}  // namespace

Mesh build_mesh(const MeshOptions& options, double now) {
  Mesh mesh;
  mesh.options = options;
  mesh.started_at = now;
  reporters(mesh.texts);
  add_infrastructure(mesh);
  add_services(mesh);
  add_graph(mesh);
  for (Workload& workload : mesh.workloads) name_workload(mesh.texts, workload, mesh.workloads[mesh.waypoint]);
  start_pods(mesh, now);
  for (std::uint32_t id = 0; id < mesh.edges.size(); ++id) {
    Edge& edge = mesh.edges[id];
    const double hours = between(dice(options.seed, Question::history, id, 1), 0.5, 4);
    carry(mesh, edge, static_cast<std::uint64_t>(edge.rate * hours * 3600));
  }
  if (options.lifelike) scar_listeners(mesh);
  mesh.istiod.born = now - 100000;
  mesh.istiod.services = static_cast<std::uint64_t>(options.services);
  mesh.istiod.connected = mesh.proxies();
  mesh.istiod.debounce.observe(0.19, 1);
  return mesh;
}

}  // namespace meshwarden::meshsim

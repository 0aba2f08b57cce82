#include "tests/meshsim/traffic.hpp"

#include <cmath>
#include <numbers>

#include "tests/meshsim/counting.hpp"
#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/habits.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr double day = 86400;

double shape(const Mesh& mesh, const Edge& edge, double at) {
  const double phase = unit(dice(mesh.options.seed, 5, edge.destination));
  return 1 + 0.5 * std::sin(2 * std::numbers::pi * (at / day + phase));
}

// How many of the calls first..first+n-1 fall to pod `index` of `pods`, taken in turn.
std::uint64_t share(std::uint64_t first, std::uint64_t n, std::uint64_t index, std::uint64_t pods) {
  const auto below = [&](std::uint64_t end) { return (end + pods - 1 - index) / pods; };
  return below(first + n) - below(first);
}

struct Call {
  Mesh& mesh;
  Parties parties;
  HttpTail http;
  bool allowed = true;
};

void at_client(const Call& call, Pod& client, std::uint64_t n) {
  const Workload& destination = *call.parties.destination;
  if (destination.mode != Mode::sidecar) {
    count_tunnel_source(call.mesh, client, call.parties, {.to_waypoint = destination.mode == Mode::waypoint}, n);
    return;
  }
  if (destination.protocol == Protocol::tcp) {
    count_tcp_source(call.mesh, client, call.parties, n);
  } else {
    count_request_source(call.mesh, client, call.parties, call.http, n);
  }
  if (call.parties.source->role == Role::gateway) count_rbac_http(call.mesh, client, true, n);
}

void at_server(const Call& call, Pod& server, std::uint64_t n) {
  const Workload& destination = *call.parties.destination;
  if (destination.mode != Mode::sidecar) {
    count_tunnel_destination(call.mesh, server, call.parties, {.from_waypoint = destination.mode == Mode::waypoint}, n);
  } else if (destination.protocol == Protocol::tcp) {
    count_tcp_destination(call.mesh, server, call.parties, n);
    count_rbac_tcp(call.mesh, server, true, n);
  } else {
    count_request_destination(call.mesh, server, call.parties, call.http, n);
    count_rbac_http(call.mesh, server, call.allowed, n);
  }
}

template <class Deliver>
void spread(Mesh& mesh, const std::vector<PodId>& pods, std::uint64_t first, std::uint64_t n, Deliver deliver) {
  for (std::uint64_t index = 0; index < pods.size(); ++index) {
    if (const std::uint64_t part = share(first, n, index, pods.size())) deliver(mesh.pod(pods[index]), part);
  }
}

void at_clients(const Call& call, std::uint64_t first, std::uint64_t n) {
  spread(call.mesh, call.parties.source->pods, first, n,
         [&](Pod& client, std::uint64_t part) { at_client(call, client, part); });
}

void at_servers(const Call& call, std::uint64_t first, std::uint64_t n) {
  spread(call.mesh, call.parties.destination->pods, first, n,
         [&](Pod& server, std::uint64_t part) { at_server(call, server, part); });
}

void carry_habit(const Call& ok, const Habit& habit, std::uint64_t first, std::uint64_t n) {
  Call call = ok;
  call.http = {.protocol = ok.http.protocol,
               .code = habit.code,
               .grpc_status = habit.grpc_status,
               .flags = habit.flags};
  call.allowed = habit.fate != Fate::refused;
  if (habit.fate != Fate::retried) at_clients(call, first, n);
  if (habit.fate != Fate::lost) at_servers(call, first, n);
  if (habit.fate != Fate::retried) return;
  at_clients(ok, first, n);
  at_servers(ok, first, n);
  spread(ok.mesh, ok.parties.source->pods, first, n, [&](Pod& client, std::uint64_t part) {
    count_cluster(ok.mesh, client, *ok.parties.destination, Family::cluster_retry, part);
  });
}

void advance_edges(Mesh& mesh, const std::vector<std::uint32_t>& edges, double now) {
  for (const std::uint32_t edge : edges) advance_edge(mesh, mesh.edges[edge], now);
}

}  // namespace

void carry(Mesh& mesh, Edge& edge, std::uint64_t n) {
  const Workload& source = mesh.workloads[edge.source];
  const Workload& destination = mesh.workloads[edge.destination];
  const bool grpc = destination.protocol == Protocol::grpc;
  const Call call{
      mesh, {&source, &destination}, {.protocol = protocol_name(destination.protocol), .grpc_status = grpc ? "0" : ""}};
  const std::uint64_t first = edge.total;
  edge.total += n;
  if (destination.mode == Mode::waypoint) {
    spread(mesh, mesh.workloads[mesh.waypoint].pods, first, n, [&](Pod& waypoint, std::uint64_t part) {
      count_request_waypoint(mesh, waypoint, call.parties, call.http, part);
      count_rbac_http(mesh, waypoint, true, part);
    });
  }
  at_clients(call, first, n);
  at_servers(call, first, n);
  for (const auto& [habit, every] : habits_of(mesh, edge)) {
    if (const std::uint64_t times = edge.total / every - first / every) carry_habit(call, habit, first / every, times);
  }
}

void advance_edge(Mesh& mesh, Edge& edge, double now) {
  const auto slots = static_cast<std::int64_t>(std::floor(now - mesh.started_at));
  if (slots <= edge.next_slot) return;
  std::uint64_t n = 0;
  const auto id = static_cast<std::uint64_t>(&edge - mesh.edges.data());
  for (; edge.next_slot < slots; ++edge.next_slot) {
    if (edge.silent) continue;
    const double mean = edge.rate * shape(mesh, edge, mesh.started_at + static_cast<double>(edge.next_slot));
    n += poisson(dice(mesh.options.seed, 6, id, edge.next_slot), mean);
  }
  if (n > 0) carry(mesh, edge, n);
}

void advance_workload(Mesh& mesh, WorkloadId id, double now) {
  advance_edges(mesh, mesh.workloads[id].inbound, now);
  advance_edges(mesh, mesh.workloads[id].outbound, now);
}

void advance_pod(Mesh& mesh, const Pod& pod, double now) {
  const Role role = mesh.workload_of(pod).role;
  if (role != Role::ztunnel && role != Role::waypoint) return advance_workload(mesh, pod.workload, now);
  for (Edge& edge : mesh.edges) {
    if (mesh.workloads[edge.destination].mode != Mode::sidecar) advance_edge(mesh, edge, now);
  }
}

void advance_all(Mesh& mesh, double now) {
  for (Edge& edge : mesh.edges) advance_edge(mesh, edge, now);
}

}  // namespace meshwarden::meshsim

// What each proxy counts when a call goes by: the vocabulary in which traffic and faults are written.
// Every function adds `n` to the named series of one pod's page, and nothing else.
#pragma once
#include <cstdint>

#include "tests/meshsim/labels.hpp"
#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

// The series that exist at 0 from the start of a proxy.
void declare_series(Mesh& mesh, Pod& pod);

// Of whom a call is. `source` null: a client outside the mesh.
struct Parties {
  const Workload* source = nullptr;
  const Workload* destination = nullptr;
};

// istio_requests_total (and messages of gRPC) at the client's proxy, the server's, the waypoint.
void count_request_source(Mesh& mesh, Pod& client, Parties parties, HttpTail http, std::uint64_t n);
void count_request_destination(Mesh& mesh, Pod& server, Parties parties, HttpTail http, std::uint64_t n);
void count_request_waypoint(Mesh& mesh, Pod& waypoint, Parties parties, HttpTail http, std::uint64_t n);
// The same at a gateway or waypoint that refused: no upstream was chosen.
void count_refused(Mesh& mesh, Pod& proxy, Parties parties, HttpTail http, std::uint64_t n);

// A whole TCP connection at a sidecar: opened, closed, bytes.
void count_tcp_source(Mesh& mesh, Pod& client, Parties parties, std::uint64_t n);
void count_tcp_destination(Mesh& mesh, Pod& server, Parties parties, std::uint64_t n);

// A connection at the ztunnel of `pod`'s node: opened{-}, closed{flags}, and failed{flags} unless flags is "-".
struct Tunnel {
  std::string_view flags = "-";
  std::string_view policy = "mutual_tls";
  bool to_waypoint = false;    // as the client's ztunnel names it
  bool from_waypoint = false;  // as the server's ztunnel names it
};
void count_tunnel_source(Mesh& mesh, const Pod& client, Parties parties, Tunnel tunnel, std::uint64_t n);
void count_tunnel_destination(Mesh& mesh, const Pod& server, Parties parties, Tunnel tunnel, std::uint64_t n);

void count_rbac_http(Mesh& mesh, Pod& pod, bool allowed, std::uint64_t n);
void count_rbac_tcp(Mesh& mesh, Pod& pod, bool allowed, std::uint64_t n);
// A listener's stat of the inbound (or public) listener.
void count_listener(Mesh& mesh, Pod& pod, Family family, std::uint64_t n);
// A stat of the client's cluster for `destination`; the first touch gives birth to all of that cluster's stats.
void count_cluster(Mesh& mesh, Pod& client, const Workload& destination, Family family, std::uint64_t n);
void touch_cluster(Mesh& mesh, Pod& client, const Workload& destination);

std::string_view protocol_name(Protocol protocol);

}  // namespace meshwarden::meshsim

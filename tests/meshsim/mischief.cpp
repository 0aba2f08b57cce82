#include "tests/meshsim/mischief.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "tests/meshsim/counting.hpp"
#include "tests/meshsim/dice.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr HttpTail ok_http{.protocol = "http"};
constexpr HttpTail forbidden{.protocol = "http", .code = 403};

// The pods take the events in turn.
Pod& turn(Mesh& mesh, const Workload& workload, Moment moment) {
  return mesh.pod(workload.pods[moment.index % workload.pods.size()]);
}

struct Scene {
  Parties parties;
  Pod* client = nullptr;  // null where the caller is outside the mesh
  Pod& server;
};

Scene scene(Mesh& mesh, const Fault& fault, Moment moment) {
  const Workload& destination = mesh.workloads[*fault.destination];
  const Workload* source = fault.source ? &mesh.workloads[*fault.source] : nullptr;
  return {{source, &destination}, source ? &turn(mesh, *source, moment) : nullptr, turn(mesh, destination, moment)};
}

HttpTail ok_of(const Workload& destination) {
  const bool grpc = destination.protocol == Protocol::grpc;
  return {.protocol = protocol_name(destination.protocol), .grpc_status = grpc ? "0" : ""};
}

// A proxy's own 503; to gRPC it says so as HTTP 200 with status 14.
HttpTail cut_of(const Workload& destination, std::string_view flags) {
  const bool grpc = destination.protocol == Protocol::grpc;
  return {.protocol = protocol_name(destination.protocol),
          .code = grpc ? 200 : 503,
          .grpc_status = grpc ? "14" : "",
          .flags = flags};
}

void call(Mesh& mesh, const Scene& on, const HttpTail& http) {
  if (on.parties.destination->protocol == Protocol::tcp) {
    count_tcp_source(mesh, *on.client, on.parties, 1);
    count_tcp_destination(mesh, on.server, on.parties, 1);
    count_rbac_tcp(mesh, on.server, true, 1);
    return;
  }
  count_request_source(mesh, *on.client, on.parties, http, 1);
  count_request_destination(mesh, on.server, on.parties, http, 1);
  count_rbac_http(mesh, on.server, true, 1);
}

// The client refuses the server's certificate: each request makes three connections, the last two are retries.
void client_refuses(Mesh& mesh, const Scene& on, Moment moment) {
  const Workload& destination = *on.parties.destination;
  count_cluster(mesh, *on.client, destination, Family::cluster_ssl_error, 1);
  count_cluster(mesh, *on.client, destination, Family::cluster_connect_fail, 1);
  const auto attempt = moment.index % 3;
  if (attempt > 0) {
    count_cluster(mesh, *on.client, destination, Family::cluster_retry, 1);
    count_cluster(mesh, *on.client, destination, Family::cluster_retry_exponential, 1);
  }
  if (attempt == 2) {
    count_cluster(mesh, *on.client, destination, Family::cluster_retry_limit, 1);
    count_request_source(mesh, *on.client, on.parties, cut_of(destination, "URX,UF"), 1);
  }
}

struct Reason {
  std::string_view name;
  Family family;
};
constexpr std::array reasons{Reason{"connection_error", Family::listener_ssl_connection_error},
                             Reason{"fail_verify_no_cert", Family::listener_ssl_no_cert},
                             Reason{"fail_verify_error", Family::listener_ssl_error},
                             Reason{"fail_verify_san", Family::listener_ssl_san}};

}  // namespace

void deny_http(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_request_source(mesh, *on.client, on.parties, forbidden, 1);
  count_request_destination(mesh, on.server, on.parties, forbidden, 1);
  count_rbac_http(mesh, on.server, false, 1);
}

void answer_403(Mesh& mesh, Fault& fault, Moment moment) { call(mesh, scene(mesh, fault, moment), forbidden); }

void deny_grpc(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_request_source(mesh, *on.client, on.parties, {.protocol = "grpc", .grpc_status = "7"}, 1);
  count_request_destination(mesh, on.server, on.parties, ok_http, 1);
  count_rbac_http(mesh, on.server, false, 1);
}

void deny_tcp(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_tcp_source(mesh, *on.client, on.parties, 1);
  count_tcp_destination(mesh, on.server, on.parties, 1);
  count_rbac_tcp(mesh, on.server, false, 1);
}

void deny_ambient(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_tunnel_source(mesh, *on.client, on.parties, {.flags = "CONNECT"}, 1);
  count_tunnel_destination(mesh, on.server, on.parties, {.flags = "DENY"}, 1);
}

void deny_gateway(Mesh& mesh, Fault& fault, Moment moment) {
  const Workload& gateway = mesh.workloads[mesh.gateway];
  Pod& pod = turn(mesh, gateway, moment);
  count_refused(mesh, pod, {&gateway, &mesh.workloads[*fault.destination]}, forbidden, 1);
  count_rbac_http(mesh, pod, false, 1);
}

void deny_waypoint(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  Pod& waypoint = turn(mesh, mesh.workloads[mesh.waypoint], moment);
  count_tunnel_source(mesh, *on.client, on.parties, {.to_waypoint = true}, 1);
  count_refused(mesh, waypoint, on.parties, forbidden, 1);
  count_rbac_http(mesh, waypoint, false, 1);
}

void fail_mtls(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_listener(mesh, on.server, fault.family, 1);
  if (fault.family == Family::listener_ssl_connection_error) return client_refuses(mesh, on, moment);
  count_cluster(mesh, *on.client, *on.parties.destination, Family::cluster_ssl_connection_error, 1);
  count_request_source(mesh, *on.client, on.parties, cut_of(*on.parties.destination, "UC"), 1);
}

void fail_mtls_ambient(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_tunnel_source(mesh, *on.client, on.parties, {.flags = "H2_HANDSHAKE_FAILURE"}, 1);
}

void fail_mtls_gateway(Mesh& mesh, Fault& fault, Moment moment) {
  count_listener(mesh, turn(mesh, mesh.workloads[mesh.gateway], moment), fault.family, 1);
}

void send_plaintext(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_listener(mesh, on.server, Family::listener_no_chain, 1);
  if (on.client && on.parties.destination->protocol != Protocol::tcp) {
    count_request_source(mesh, *on.client, on.parties, cut_of(*on.parties.destination, "UC"), 1);
  }
}

void send_plaintext_ambient(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  count_tunnel_destination(mesh, on.server, on.parties, {.flags = "DENY", .policy = "unknown"}, 1);
}

// A request that the server first answers with 503 and then, retried, with success.
void retry(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  const Workload& destination = *on.parties.destination;
  for (const Family family :
       {Family::cluster_retry, Family::cluster_retry_exponential, Family::cluster_retry_success}) {
    count_cluster(mesh, *on.client, destination, family, 1);
  }
  count_request_destination(mesh, on.server, on.parties, cut_of(destination, "-"), 1);
  count_rbac_http(mesh, on.server, true, 1);
  call(mesh, on, ok_of(destination));
}

void call_once(Mesh& mesh, Fault& fault, Moment moment) {
  const Scene on = scene(mesh, fault, moment);
  call(mesh, on, ok_of(*on.parties.destination));
}

void scan_next(Mesh& mesh, Fault& fault, Moment moment) {
  fault.destination = fault.destinations[moment.index];
  call_once(mesh, fault, moment);
}

std::expected<void, Problem> name_reason(Mesh&, Fault& fault) {
  const std::string name = fault.parameters.reason.empty() ? "fail_verify_no_cert" : fault.parameters.reason;
  for (const Reason& reason : reasons) {
    if (reason.name != name) continue;
    fault.family = reason.family;
    fault.labels["reason"] = name;
    return {};
  }
  return std::unexpected(fmt::format(
      "unknown reason '{}': connection_error, fail_verify_no_cert, fail_verify_error or fail_verify_san", name));
}

std::expected<void, Problem> name_plaintext(Mesh&, Fault& fault) {
  fault.labels["reason"] = "no_filter_chain_match";
  return {};
}

std::expected<void, Problem> name_plaintext_ambient(Mesh&, Fault& fault) {
  fault.labels["reason"] = "plaintext";
  return {};
}

std::expected<void, Problem> name_handshake(Mesh&, Fault& fault) {
  fault.labels["reason"] = "H2_HANDSHAKE_FAILURE";
  return {};
}

}  // namespace meshwarden::meshsim

#include "tests/meshsim/counting.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr std::uint64_t bytes_received = 120, bytes_sent = 480;  // of one TCP connection

TextId source_text(Mesh& mesh, const Workload* source) {
  return source ? source->texts.source : mesh.texts.intern(unknown_source_labels());
}

// Who runs thousands of proxies lets through what is asked for: all of the listeners, of the clusters the retries.
bool shown(const MeshOptions& options, Family family) {
  if (!info(family).optional) return true;
  const bool asked = family == Family::cluster_retry || family >= Family::listener_no_chain;
  return options.optional_stats && (asked || !options.lifelike);
}

void declare_cluster(Mesh& mesh, Page& page, TextId cluster) {
  for (auto family = Family::cluster_ssl_connection_error; family <= Family::cluster_retry_success;
       family = static_cast<Family>(static_cast<int>(family) + 1)) {
    if (shown(mesh.options, family)) page.add({.family = family, .tail = cluster}, 0);
  }
}

// Istio's inclusion list lets this one cluster through, so that "the retry family exists" proves nothing.
void declare_control_plane_cluster(Mesh& mesh, Page& page) {
  const TextId cluster = mesh.texts.intern(R"(cluster_name="xds-grpc")");
  for (auto family = Family::cluster_connect_fail; family <= Family::cluster_retry_success;
       family = static_cast<Family>(static_cast<int>(family) + 1)) {
    if (!mesh.options.lifelike || family == Family::cluster_retry) page.add({.family = family, .tail = cluster}, 0);
  }
}

void declare_listener(Mesh& mesh, Page& page, TextId listener) {
  if (!mesh.options.optional_stats) return;
  for (auto family = Family::listener_no_chain; family <= Family::listener_ssl_no_certificate;
       family = static_cast<Family>(static_cast<int>(family) + 1)) {
    page.add({.family = family, .tail = listener}, 0);
  }
}

// Enforced and dry-run results at 0, as every loaded filter shows them.
void declare_http_rbac(Mesh& mesh, Page& page, const std::string& prefix) {
  for (const char* kind : {"authz_enforce_result", "authz_dry_run_result"}) {
    for (const char* result : {"allowed", "denied"}) {
      const std::string labels = std::string(kind) + "=\"" + result + "\",http_conn_manager_prefix=\"" + prefix + "\"";
      page.add({.family = Family::http_rbac, .tail = mesh.texts.intern(labels)}, 0);
    }
  }
}

void declare_plain(Mesh& mesh, Page& page, Family family, const std::string& more) {
  for (const char* kind : {"authz_enforce_result", "authz_dry_run_result"}) {
    for (const char* result : {"allowed", "denied"}) {
      page.add({.family = family, .tail = mesh.texts.intern(std::string(kind) + "=\"" + result + "\"" + more)}, 0);
    }
  }
}

void count_http(Mesh& mesh, Page& page, SeriesKey key, const HttpTail& http, std::uint64_t n) {
  key.tail = tail(mesh.texts, http);
  page.add(key, n);
  if (http.protocol != "grpc" || http.grpc_status != "0") return;
  key.family = Family::request_messages;
  page.add(key, n);
  key.family = Family::response_messages;
  page.add(key, n);
}

void count_tcp(Page& page, SeriesKey key, std::uint64_t n) {
  for (const auto& [family, step] : {std::pair{Family::tcp_opened, std::uint64_t{1}},
                                     {Family::tcp_closed, 1},
                                     {Family::tcp_received, bytes_received},
                                     {Family::tcp_sent, bytes_sent}}) {
    key.family = family;
    page.add(key, n * step);
  }
}

Page& tunnel_page(Mesh& mesh, const Pod& pod) {
  for (const PodId id : mesh.workloads[mesh.ztunnel].pods) {
    if (mesh.pod(id).node == pod.node) return mesh.pod(id).page;
  }
  return mesh.pod(mesh.workloads[mesh.ztunnel].pods.front()).page;
}

void count_tunnel(Mesh& mesh, Page& page, SeriesKey key, const Tunnel& tunnel, std::uint64_t n) {
  const bool failed = tunnel.flags != "-";
  const TextId normal = ztunnel_tail(mesh.texts, "-", tunnel.policy);
  const TextId ended = ztunnel_tail(mesh.texts, tunnel.flags, tunnel.policy);
  const auto count = [&](Family family, TextId outcome, std::uint64_t times) {
    key.family = family;
    key.tail = outcome;
    page.add(key, times);
  };
  count(Family::tcp_opened, normal, n);
  count(Family::tcp_closed, ended, n);
  count(Family::tcp_received, normal, failed ? 0 : n * bytes_received);
  count(Family::tcp_sent, normal, failed ? 0 : n * bytes_sent);
  if (failed) count(Family::tcp_failed, ended, n);
}

}  // namespace

void declare_series(Mesh& mesh, Pod& pod) {
  const Workload& workload = mesh.workload_of(pod);
  if (!has_proxy(workload) || workload.role == Role::ztunnel) return;
  const auto prefix_of = [&](TextId labels) {
    const std::string_view text = mesh.texts.at(labels);
    const std::size_t start = text.rfind("=\"") + 2;
    return std::string(text.substr(start, text.size() - start - 1));
  };
  declare_http_rbac(mesh, pod.page, prefix_of(workload.texts.allowed));
  if (workload.role == Role::service) {
    declare_http_rbac(mesh, pod.page, "InboundPassthroughCluster");
    declare_plain(mesh, pod.page, Family::tcp_rbac, ",tcp_prefix=\"rbac\"");
  }
  if (workload.role == Role::waypoint) declare_plain(mesh, pod.page, Family::connect_terminate_rbac, "");
  declare_control_plane_cluster(mesh, pod.page);
  declare_listener(mesh, pod.page, workload.texts.listener);
}

void count_request_source(Mesh& mesh, Pod& client, Parties parties, HttpTail http, std::uint64_t n) {
  http.policy = "unknown";
  touch_cluster(mesh, client, *parties.destination);
  count_http(mesh, client.page,
             {.family = Family::requests,
              .reporter = reporters(mesh.texts).source,
              .source = source_text(mesh, parties.source),
              .destination = parties.destination->texts.destination},
             http, n);
}

void count_request_destination(Mesh& mesh, Pod& server, Parties parties, HttpTail http, std::uint64_t n) {
  count_http(mesh, server.page,
             {.family = Family::requests,
              .reporter = reporters(mesh.texts).destination,
              .source = source_text(mesh, parties.source),
              .destination = parties.destination->texts.destination},
             http, n);
}

void count_request_waypoint(Mesh& mesh, Pod& waypoint, Parties parties, HttpTail http, std::uint64_t n) {
  count_http(mesh, waypoint.page,
             {.family = Family::requests,
              .reporter = reporters(mesh.texts).waypoint,
              .source = source_text(mesh, parties.source),
              .destination = parties.destination->texts.destination},
             http, n);
}

void count_refused(Mesh& mesh, Pod& proxy, Parties parties, HttpTail http, std::uint64_t n) {
  const bool gateway = mesh.workload_of(proxy).role == Role::gateway;
  if (gateway) http.policy = "unknown";
  const Reporters names = reporters(mesh.texts);
  count_http(mesh, proxy.page,
             {.family = Family::requests,
              .reporter = gateway ? names.source : names.waypoint,
              .source = source_text(mesh, parties.source),
              .destination = parties.destination->texts.refused},
             http, n);
}

void count_tcp_source(Mesh& mesh, Pod& client, Parties parties, std::uint64_t n) {
  touch_cluster(mesh, client, *parties.destination);
  count_tcp(client.page,
            {.family = Family::tcp_opened,
             .reporter = reporters(mesh.texts).source,
             .source = source_text(mesh, parties.source),
             .destination = parties.destination->texts.destination,
             .tail = tcp_tail(mesh.texts, "-", "unknown")},
            n);
}

void count_tcp_destination(Mesh& mesh, Pod& server, Parties parties, std::uint64_t n) {
  count_tcp(server.page,
            {.family = Family::tcp_opened,
             .reporter = reporters(mesh.texts).destination,
             .source = source_text(mesh, parties.source),
             .destination = parties.destination->texts.destination,
             .tail = tcp_tail(mesh.texts, "-", "mutual_tls")},
            n);
  count_listener(mesh, server, Family::listener_ssl_handshake, n);
}

void count_tunnel_source(Mesh& mesh, const Pod& client, Parties parties, Tunnel tunnel, std::uint64_t n) {
  const WorkloadTexts& destination = parties.destination->texts;
  count_tunnel(mesh, tunnel_page(mesh, client),
               {.family = Family::tcp_opened,
                .reporter = reporters(mesh.texts).source,
                .source = source_text(mesh, parties.source),
                .destination = tunnel.to_waypoint ? destination.via_waypoint : destination.destination},
               tunnel, n);
}

void count_tunnel_destination(Mesh& mesh, const Pod& server, Parties parties, Tunnel tunnel, std::uint64_t n) {
  const Workload* source = tunnel.from_waypoint ? &mesh.workloads[mesh.waypoint] : parties.source;
  count_tunnel(mesh, tunnel_page(mesh, server),
               {.family = Family::tcp_opened,
                .reporter = reporters(mesh.texts).destination,
                .source = source_text(mesh, source),
                .destination = parties.destination->texts.destination},
               tunnel, n);
}

void count_rbac_http(Mesh& mesh, Pod& pod, bool allowed, std::uint64_t n) {
  const WorkloadTexts& texts = mesh.workload_of(pod).texts;
  pod.page.add({.family = Family::http_rbac, .tail = allowed ? texts.allowed : texts.denied}, n);
}

void count_rbac_tcp(Mesh& mesh, Pod& pod, bool allowed, std::uint64_t n) {
  const char* labels = allowed ? R"(authz_enforce_result="allowed",tcp_prefix="rbac")"
                               : R"(authz_enforce_result="denied",tcp_prefix="rbac")";
  pod.page.add({.family = Family::tcp_rbac, .tail = mesh.texts.intern(labels)}, n);
}

void count_listener(Mesh& mesh, Pod& pod, Family family, std::uint64_t n) {
  if (!mesh.options.optional_stats) return;
  pod.page.add({.family = family, .tail = mesh.workload_of(pod).texts.listener}, n);
}

void count_cluster(Mesh& mesh, Pod& client, const Workload& destination, Family family, std::uint64_t n) {
  if (!shown(mesh.options, family)) return;
  touch_cluster(mesh, client, destination);
  client.page.add({.family = family, .tail = destination.texts.cluster}, n);
}

void touch_cluster(Mesh& mesh, Pod& client, const Workload& destination) {
  const SeriesKey probe{.family = Family::cluster_retry, .tail = destination.texts.cluster};
  if (!client.page.has(probe)) declare_cluster(mesh, client.page, destination.texts.cluster);
}

std::string_view protocol_name(Protocol protocol) {
  switch (protocol) {
    case Protocol::grpc:
      return "grpc";
    case Protocol::tcp:
      return "tcp";
    default:
      return "http";
  }
}

}  // namespace meshwarden::meshsim

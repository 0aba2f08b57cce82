// The metric families of proxies whose series carry counts, in the order in which a page shows them.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace meshwarden::meshsim {

enum class Family : std::uint16_t {
  tcp_opened,
  tcp_closed,
  tcp_received,
  tcp_sent,
  tcp_failed,
  requests,
  request_messages,
  response_messages,
  cluster_ssl_connection_error,
  cluster_ssl_cert_hash,
  cluster_ssl_error,
  cluster_ssl_no_cert,
  cluster_ssl_san,
  cluster_connect_fail,
  cluster_cx_overflow,
  cluster_active_overflow,
  cluster_pending_overflow,
  cluster_retry,
  cluster_retry_exponential,
  cluster_retry_ratelimited,
  cluster_retry_limit,
  cluster_retry_overflow,
  cluster_retry_success,
  connect_terminate_rbac,
  http_rbac,
  tcp_rbac,
  listener_no_chain,
  listener_ssl_connection_error,
  listener_ssl_cert_hash,
  listener_ssl_error,
  listener_ssl_no_cert,
  listener_ssl_san,
  listener_ssl_handshake,
  listener_ssl_no_certificate,
  count
};

struct FamilyInfo {
  std::string_view name;
  bool optional;          // left out by Istio's default stats inclusion list
  std::string_view help;  // shown by ztunnel only: Envoy's pages have no HELP
};

inline constexpr std::array<FamilyInfo, static_cast<std::size_t>(Family::count)> families{{
    {"istio_tcp_connections_opened_total", false, "The total number of TCP connections opened"},
    {"istio_tcp_connections_closed_total", false, "The total number of TCP connections closed"},
    {"istio_tcp_received_bytes_total", false,
     "The size of total bytes received during request in case of a TCP connection"},
    {"istio_tcp_sent_bytes_total", false, "The size of total bytes sent during response in case of a TCP connection"},
    {"istio_tcp_connections_failed_total", false,
     "The total number of TCP connections that failed to establish (unstable)"},
    {"istio_requests_total", false, ""},
    {"istio_request_messages_total", false, ""},
    {"istio_response_messages_total", false, ""},
    {"envoy_cluster_ssl_connection_error", true, ""},
    {"envoy_cluster_ssl_fail_verify_cert_hash", true, ""},
    {"envoy_cluster_ssl_fail_verify_error", true, ""},
    {"envoy_cluster_ssl_fail_verify_no_cert", true, ""},
    {"envoy_cluster_ssl_fail_verify_san", true, ""},
    {"envoy_cluster_upstream_cx_connect_fail", true, ""},
    {"envoy_cluster_upstream_cx_overflow", true, ""},
    {"envoy_cluster_upstream_rq_active_overflow", true, ""},
    {"envoy_cluster_upstream_rq_pending_overflow", true, ""},
    {"envoy_cluster_upstream_rq_retry", true, ""},
    {"envoy_cluster_upstream_rq_retry_backoff_exponential", true, ""},
    {"envoy_cluster_upstream_rq_retry_backoff_ratelimited", true, ""},
    {"envoy_cluster_upstream_rq_retry_limit_exceeded", true, ""},
    {"envoy_cluster_upstream_rq_retry_overflow", true, ""},
    {"envoy_cluster_upstream_rq_retry_success", true, ""},
    {"envoy_http_connect_terminate_rbac", false, ""},
    {"envoy_http_rbac", false, ""},
    {"envoy_tcp", false, ""},
    {"envoy_listener_no_filter_chain_match", true, ""},
    {"envoy_listener_ssl_connection_error", true, ""},
    {"envoy_listener_ssl_fail_verify_cert_hash", true, ""},
    {"envoy_listener_ssl_fail_verify_error", true, ""},
    {"envoy_listener_ssl_fail_verify_no_cert", true, ""},
    {"envoy_listener_ssl_fail_verify_san", true, ""},
    {"envoy_listener_ssl_handshake", true, ""},
    {"envoy_listener_ssl_no_certificate", true, ""},
}};

constexpr const FamilyInfo& info(Family family) { return families[static_cast<std::size_t>(family)]; }

}  // namespace meshwarden::meshsim

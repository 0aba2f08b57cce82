// What each kind of fault moves: exactly the series that the real parts move, by exactly the number of events, and no
// other.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/meshsim/kinds.hpp"
#include "tests/meshsim/snapshot.hpp"

using namespace meshwarden::meshsim;

namespace {

constexpr double start = 1'800'000'000;
constexpr double later = start + 30;

struct Moved {
  std::string name;
  std::vector<std::string> fragments;
  std::int64_t by;
};

struct Case {
  std::string body;
  std::vector<Moved> expected;
};

const std::string source = R"(reporter="source")", destination = R"(reporter="destination")";
const std::string requests = "istio_requests_total", opened = "istio_tcp_connections_opened_total",
                  closed = "istio_tcp_connections_closed_total", failed = "istio_tcp_connections_failed_total",
                  sent = "istio_tcp_sent_bytes_total", received = "istio_tcp_received_bytes_total";
const std::string denied = R"(authz_enforce_result="denied")", allowed = R"(authz_enforce_result="allowed")";

Moved code(const std::string& reporter, const std::string& protocol, int status, const std::string& grpc,
           const std::string& flags, std::int64_t by) {
  return {requests,
          {reporter,
           fmt::format(R"(request_protocol="{}",response_code="{}",grpc_response_status="{}",response_flags="{}")",
                       protocol, status, grpc, flags)},
          by};
}

Moved rbac(const std::string& result, std::int64_t by) {
  return {"envoy_http_rbac", {result, "http_conn_manager_prefix"}, by};
}
Moved cluster(const std::string& stat, std::int64_t by) {
  return {"envoy_cluster_" + stat, {R"(cluster_name="outbound|8080||)"}, by};
}
Moved listener(const std::string& stat, std::int64_t by) {
  return {"envoy_listener_" + stat, {R"(listener_address="0.0.0.0_15006")"}, by};
}

// A TCP connection at both sidecars.
std::vector<Moved> connections(std::int64_t n) {
  std::vector<Moved> all;
  for (const std::string& reporter : {source, destination}) {
    all.push_back({opened, {reporter, R"(response_flags="-")"}, n});
    all.push_back({closed, {reporter, R"(response_flags="-")"}, n});
    all.push_back({sent, {reporter}, 480 * n});
    all.push_back({received, {reporter}, 120 * n});
  }
  all.push_back(listener("ssl_handshake", n));
  return all;
}

std::vector<Moved> with(std::vector<Moved> all, const std::vector<Moved>& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<Moved> mtls(const std::string& stat, std::int64_t n) {
  return {listener(stat, n), cluster("ssl_connection_error", n), code(source, "http", 503, "", "UC", n)};
}

const std::string mutual = R"(connection_security_policy="mutual_tls")",
                  plain = R"(connection_security_policy="unknown")";

std::vector<Case> cases() {
  return {
      {R"({"kind":"denials-http","count":40})",
       {code(source, "http", 403, "", "-", 40), code(destination, "http", 403, "", "-", 40), rbac(denied, 40)}},
      {R"({"kind":"denials-http","count":7,"source":"new"})",
       {code(source, "http", 403, "", "-", 7), code(destination, "http", 403, "", "-", 7), rbac(denied, 7)}},
      {R"({"kind":"app-403","count":9})",
       {code(source, "http", 403, "", "-", 9), code(destination, "http", 403, "", "-", 9), rbac(allowed, 9)}},
      {R"({"kind":"denials-grpc","count":13})",
       {code(source, "grpc", 200, "7", "-", 13), code(destination, "http", 200, "", "-", 13), rbac(denied, 13)}},
      {R"({"kind":"denials-tcp","count":8})",
       with(connections(8), {{"envoy_tcp", {denied, R"(tcp_prefix="rbac")"}, 8}})},
      {R"({"kind":"denials-ambient","count":11})",
       {{opened, {source, R"(response_flags="-")", mutual}, 11},
        {closed, {source, R"(response_flags="CONNECT")"}, 11},
        {failed, {source, R"(response_flags="CONNECT")"}, 11},
        {opened, {destination, R"(response_flags="-")", mutual}, 11},
        {closed, {destination, R"(response_flags="DENY")", mutual}, 11},
        {failed, {destination, R"(response_flags="DENY")"}, 11}}},
      {R"({"kind":"plaintext-ambient","count":6})",
       {{opened, {destination, R"(response_flags="-")", plain, R"(source_principal="unknown")"}, 6},
        {closed, {destination, R"(response_flags="DENY")", plain, R"(source_principal="unknown")"}, 6},
        {failed, {destination, R"(response_flags="DENY")", plain}, 6}}},
      {R"({"kind":"mtls-ambient","count":4})",
       {{opened, {source, R"(response_flags="-")", mutual}, 4},
        {closed, {source, R"(response_flags="H2_HANDSHAKE_FAILURE")"}, 4},
        {failed, {source, R"(response_flags="H2_HANDSHAKE_FAILURE")"}, 4}}},
      {R"({"kind":"denials-gateway","count":21})",
       {{requests,
         {source, R"(source_workload="istio-ingressgateway")", R"(destination_workload="unknown")",
          R"(response_code="403")"},
         21},
        {"envoy_http_rbac", {denied, R"(http_conn_manager_prefix="outbound_0.0.0.0_8443")"}, 21}}},
      {R"({"kind":"denials-waypoint","count":5})",
       {{requests,
         {R"(reporter="waypoint")", R"(destination_workload="unknown")", R"(destination_service_namespace="club")",
          R"(response_code="403")"},
         5},
        {"envoy_http_rbac", {denied}, 5},
        {opened, {source, R"(destination_workload="waypoint")"}, 5},
        {closed, {source, R"(response_flags="-")"}, 5},
        {sent, {source}, 2400},
        {received, {source}, 600}}},
      {R"({"kind":"mtls","count":12,"reason":"fail_verify_no_cert"})", mtls("ssl_fail_verify_no_cert", 12)},
      {R"({"kind":"mtls","count":12,"reason":"fail_verify_error"})", mtls("ssl_fail_verify_error", 12)},
      {R"({"kind":"mtls","count":12,"reason":"fail_verify_san"})", mtls("ssl_fail_verify_san", 12)},
      {R"({"kind":"mtls","count":9,"reason":"connection_error"})",
       {listener("ssl_connection_error", 9), cluster("ssl_fail_verify_error", 9),
        cluster("upstream_cx_connect_fail", 9), cluster("upstream_rq_retry", 6),
        cluster("upstream_rq_retry_backoff_exponential", 6), cluster("upstream_rq_retry_limit_exceeded", 3),
        code(source, "http", 503, "", "URX,UF", 3)}},
      {R"({"kind":"mtls-gateway","count":6,"reason":"fail_verify_error"})",
       {{"envoy_listener_ssl_fail_verify_error", {R"(listener_address="0.0.0.0_8443")"}, 6}}},
      {R"({"kind":"plaintext-strict","count":12})", {listener("no_filter_chain_match", 12)}},
      {R"({"kind":"plaintext-strict","count":6,"source":"known","destination":"pay/wallet"})",
       {listener("no_filter_chain_match", 6), code(source, "http", 503, "", "UC", 6)}},
      {R"({"kind":"retry-storm","count":200,"destination":"pay/wallet"})",
       {cluster("upstream_rq_retry", 200), cluster("upstream_rq_retry_backoff_exponential", 200),
        cluster("upstream_rq_retry_success", 200), code(source, "http", 200, "", "-", 200),
        code(destination, "http", 200, "", "-", 200), code(destination, "http", 503, "", "-", 200),
        rbac(allowed, 400)}},
      {R"({"kind":"new-edge","count":3,"protocol":"http"})",
       {code(source, "http", 200, "", "-", 3), code(destination, "http", 200, "", "-", 3), rbac(allowed, 3)}},
      {R"({"kind":"new-edge","count":3,"protocol":"tcp"})", with(connections(3), {{"envoy_tcp", {allowed}, 3}})},
      {R"({"kind":"slow-convergence","count":10})",
       {{"pilot_proxy_convergence_time_bucket", {R"(le="+Inf")"}, 10},
        {"pilot_proxy_convergence_time_count", {}, 10},
        {"pilot_proxy_queue_time_bucket", {}, 90},
        {"pilot_proxy_queue_time_count", {}, 10},
        {"pilot_push_triggers", {}, 10},
        {"pilot_xds_pushes", {}, 20}}},
      {R"({"kind":"xds-reject","count":3})", {{"pilot_total_xds_rejects", {}, 3}}},
  };
}

void check(const Snapshot& moved, const Case& what) {
  for (const Moved& expected : what.expected) {
    INFO(expected.name << " " << (expected.fragments.empty() ? "" : expected.fragments.back()));
    CHECK(sum(moved, expected.name, expected.fragments) == expected.by);
  }
  for (const auto& [series, by] : moved) {
    INFO("moved by " << by << ": " << series);
    CHECK(std::ranges::any_of(
        what.expected, [&, &name = series](const Moved& one) { return matches(name, one.name, one.fragments); }));
  }
}

}  // namespace

TEST_CASE("a burst moves exactly the series of its kind") {
  for (const Case& what : cases()) {
    INFO(what.body);
    Simulation simulation({}, {}, false, start);
    const Snapshot before = snapshot(simulation, later);
    const auto begun = simulation.begin(nlohmann::json::parse(what.body), later);
    REQUIRE(begun);
    check(difference(before, snapshot(simulation, later)), what);
    CHECK((*begun)["count"] == nlohmann::json::parse(what.body)["count"]);
  }
}

TEST_CASE("a fault spread over time adds the same on top of equal traffic") {
  for (const Case& what : cases()) {
    INFO(what.body);
    Simulation healthy({}, {}, false, start), sick({}, {}, false, start);
    auto body = nlohmann::json::parse(what.body);
    body["over"] = 8;
    REQUIRE(sick.begin(body, start + 3.3));
    for (double now = start + 4; now < start + 12; now += 3.4) snapshot(sick, now);
    check(difference(snapshot(healthy, start + 20), snapshot(sick, start + 20)), what);
  }
}

TEST_CASE("a stock mesh shows nothing of what its proxies leave out") {
  for (const Case& what : cases()) {
    INFO(what.body);
    Simulation simulation({.optional_stats = false}, {}, false, start);
    const Snapshot before = snapshot(simulation, later);
    REQUIRE(simulation.begin(nlohmann::json::parse(what.body), later));
    const Snapshot moved = difference(before, snapshot(simulation, later));
    for (const Moved& expected : what.expected) {
      const bool hidden = expected.name.starts_with("envoy_listener_") || expected.name.starts_with("envoy_cluster_");
      CHECK(sum(moved, expected.name, expected.fragments) == (hidden ? 0 : expected.by));
    }
  }
}

TEST_CASE("a scan makes one call to each of its destinations, all strangers") {
  Simulation simulation({}, {}, false, start);
  const Snapshot before = snapshot(simulation, later);
  const auto begun = simulation.begin({{"kind", "scan"}, {"destinations", 8}}, later);
  REQUIRE(begun);
  const Snapshot after = snapshot(simulation, later);
  const Snapshot moved = difference(before, after);
  const std::string who =
      fmt::format(R"(source_workload="{}")", (*begun)["labels"]["source_workload"].get<std::string>());
  CHECK(sum(moved, requests, {destination, who}) + sum(moved, opened, {destination, who}) == 8);
  CHECK(sum(moved, requests, {destination}) + sum(moved, opened, {destination}) == 8);
  for (const auto& [series, by] : moved) {
    if (matches(series, requests, {destination}) || matches(series, opened, {destination})) {
      CHECK(by == 1);
      CHECK(after.at(series) == 1);
    }
  }
}

// The lifelike mesh: unevenly spread, and still exact at both ends.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/catch.hpp"
#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/habits.hpp"
#include "tests/meshsim/snapshot.hpp"

using namespace meshwarden::meshsim;

namespace {

constexpr double start = 1'800'000'000;

// The values of one label on the series of one name.
std::set<std::string> values(const Snapshot& all, const std::string& name, const std::string& label) {
  std::set<std::string> found;
  for (const auto& [series, value] : all) {
    const std::size_t place = series.find(label + "=\"");
    if (!matches(series, name, {}) || place == series.npos) continue;
    const std::size_t begin = place + label.size() + 2;
    found.insert(series.substr(begin, series.find('"', begin) - begin));
  }
  return found;
}

}  // namespace

TEST_CASE("most services have one or two callers, a few have very many") {
  std::vector<std::uint64_t> callers;
  for (std::uint64_t i = 0; i < 10000; ++i) callers.push_back(lifelike_callers(dice(7, i)));
  std::ranges::sort(callers);
  std::uint64_t sum = 0;
  for (const std::uint64_t n : callers) sum += n;
  CHECK(callers.front() == 1);
  CHECK(callers[5000] == 2);
  CHECK(callers.back() == 100);
  CHECK((sum > 35000 && sum < 50000));
  const auto popular = std::ranges::count_if(callers, [](std::uint64_t n) { return n > 16; });
  CHECK((popular > 300 && popular < 600));
}

TEST_CASE("both ends of every call of a lifelike mesh agree, but for what was lost on the way or tried twice") {
  Simulation simulation({.services = 100, .replicas = 2, .lifelike = true}, {}, false, start);
  const Snapshot all = snapshot(simulation, start + 120);
  const std::string requests = "istio_requests_total", source = R"(reporter="source")";
  const auto lost = sum(all, requests, {source, R"(response_flags="UF,URX")"});
  const auto retried = sum(all, "envoy_cluster_upstream_rq_retry", {});
  CHECK(lost > 0);
  CHECK(retried > 0);
  CHECK(sum(all, requests, {source}) - lost + retried == sum(all, requests, {R"(reporter="destination")"}));
  const auto refused = sum(all, requests, {R"(reporter="destination")", R"(response_code="403")"});
  const auto denied = sum(all, "envoy_http_rbac", {R"(authz_enforce_result="denied")"});
  CHECK((denied > 0 && denied < refused));  // the application says 403 too
}

TEST_CASE("a lifelike mesh answers in many ways and shows of the optional stats those that are asked for") {
  Simulation simulation({.services = 100, .lifelike = true}, {}, false, start);
  const Snapshot all = snapshot(simulation, start + 10);
  CHECK(values(all, "istio_requests_total", "response_code").size() > 8);
  CHECK(values(all, "istio_requests_total", "grpc_response_status").size() > 4);
  CHECK(values(all, "envoy_cluster_upstream_rq_retry", "cluster_name").size() > 60);
  CHECK(values(all, "envoy_cluster_upstream_rq_retry_success", "cluster_name").empty());
  CHECK(values(all, "envoy_cluster_ssl_connection_error", "cluster_name").empty());
  CHECK(values(all, "envoy_listener_ssl_fail_verify_san", "listener_address").contains("0.0.0.0_15006"));
}

TEST_CASE("a fault in a lifelike mesh adds what it says on top of equal traffic") {
  Simulation healthy({.lifelike = true}, {}, false, start), sick({.lifelike = true}, {}, false, start);
  REQUIRE(sick.begin({{"kind", "denials-http"}, {"count", 40}, {"over", 8}}, start + 3));
  const Snapshot moved = difference(snapshot(healthy, start + 20), snapshot(sick, start + 20));
  CHECK(moved.size() == 3);
  CHECK(sum(moved, "istio_requests_total", {R"(response_code="403")"}) == 80);
  CHECK(sum(moved, "envoy_http_rbac", {R"(authz_enforce_result="denied")"}) == 40);
}

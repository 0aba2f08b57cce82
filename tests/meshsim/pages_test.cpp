// The healthy mesh: what its pages look like, and that both ends of every call agree.
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/meshsim/snapshot.hpp"

using namespace meshwarden::meshsim;

namespace {

constexpr double start = 1'800'000'000;

std::string pod_of(Simulation& simulation, const std::string& prefix, double now) {
  for (const std::string& pod : target_pods(simulation, now)) {
    if (pod.starts_with(prefix)) return pod;
  }
  return "";
}

// Every line is a comment or `name{...} value`; no family stands twice; no series stands twice.
void check_format(const std::string& body) {
  std::set<std::string> families, series;
  std::istringstream lines(body);
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    if (line.starts_with("# TYPE ")) {
      CHECK(families.insert(line.substr(7, line.find(' ', 7) - 7)).second);
    } else if (line[0] != '#') {
      CHECK(series.insert(line.substr(0, line.rfind(' '))).second);
      CHECK_NOTHROW(std::stod(line.substr(line.rfind(' ') + 1)));
      CHECK(std::count(line.begin(), line.end(), '"') % 2 == 0);
    }
  }
  CHECK(series.size() > 10);
}

}  // namespace

TEST_CASE("pages are well formed") {
  Simulation simulation({}, {}, false, start);
  REQUIRE(simulation.begin({{"kind", "slow-convergence"}}, start + 1));
  for (const std::string& pod : target_pods(simulation, start + 60))
    check_format(page_body(simulation, pod, start + 60));
}

TEST_CASE("targets are unique by job and instance") {
  Simulation simulation({.services = 100}, {}, false, start);
  std::set<std::string> instances, pods;
  for (const auto& entry : nlohmann::json::parse(simulation.targets("127.0.0.1:9", start))) {
    const auto& labels = entry["labels"];
    CHECK(entry["targets"][0] == "127.0.0.1:9");
    CHECK(instances.insert(labels["instance"]).second);
    CHECK(pods.insert(labels["pod"]).second);
    CHECK(labels["__metrics_path__"] == "/metrics/" + labels["pod"].get<std::string>());
    CHECK(labels["job"] == (labels["app"] == "istiod" ? "istiod" : "kubernetes-pods"));
  }
  CHECK(instances.size() > 150);
}

TEST_CASE("equal seeds make equal pages however often they are read, another seed does not") {
  Simulation often({}, {}, false, start), once({}, {}, false, start), other({.seed = 2}, {}, false, start);
  for (double now = start; now < start + 300; now += 7.3) snapshot(often, now);
  CHECK(snapshot(often, start + 300) == snapshot(once, start + 300));
  CHECK(snapshot(other, start + 300) != snapshot(once, start + 300));
}

TEST_CASE("both ends of every call agree") {
  Simulation simulation({.services = 60}, {}, false, start);
  const Snapshot all = snapshot(simulation, start + 120);
  const std::string source = R"(reporter="source")", destination = R"(reporter="destination")";
  CHECK(sum(all, "istio_requests_total", {source}) == sum(all, "istio_requests_total", {destination}));
  CHECK(sum(all, "istio_requests_total", {destination}) > 100000);
  for (const char* name : {"istio_tcp_connections_opened_total", "istio_tcp_connections_closed_total"}) {
    CHECK(sum(all, name, {source}) == sum(all, name, {destination}));
    CHECK(sum(all, name, {destination}) > 10000);
  }
  CHECK(sum(all, "istio_requests_total", {R"(reporter="waypoint")"}) > 1000);
}

TEST_CASE("nothing is wrong in a healthy mesh") {
  Simulation simulation({}, {}, true, start);
  for (double now = start; now < start + 600; now += 30) snapshot(simulation, now);
  const Snapshot all = snapshot(simulation, start + 600);
  for (const auto& [series, value] : all) {
    INFO(series);
    const bool bad = series.find("denied") != std::string::npos || series.find("fail") != std::string::npos ||
                     series.find("_retry") != std::string::npos || series.find("error") != std::string::npos ||
                     series.find("no_filter_chain") != std::string::npos || series.find("DENY") != std::string::npos ||
                     series.find("rejects") != std::string::npos;
    if (bad) CHECK(value == 0);
    if (matches(series, "istio_requests_total", {})) CHECK(series.find(R"(response_code="200")") != std::string::npos);
  }
}

TEST_CASE("a stock mesh leaves the opt-in stats out, but for the control plane's cluster") {
  Simulation stock({.optional_stats = false}, {}, false, start), patched({}, {}, false, start);
  const Snapshot few = snapshot(stock, start + 10), all = snapshot(patched, start + 10);
  const auto count = [](const Snapshot& from, const std::string& part) {
    return std::ranges::count_if(from, [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
  };
  CHECK(few.contains(R"(envoy_cluster_upstream_rq_retry{cluster_name="xds-grpc"})"));
  CHECK(count(few, "outbound|") == 0);
  CHECK(count(few, "listener_address") == 0);
  CHECK(count(all, "outbound|") > 50);
  CHECK(count(all, R"(envoy_listener_ssl_fail_verify_san{listener_address="0.0.0.0_15006"})") == 1);
}

TEST_CASE("retry series are born with the first call to a cluster") {
  Simulation simulation({}, {}, false, start);
  REQUIRE(simulation.begin({{"kind", "deploy"}, {"destination", "pay/wallet"}}, start + 1));
  const std::string pod = pod_of(simulation, "wallet-", start + 1);
  CHECK(page_body(simulation, pod, start + 1).find("outbound|") == std::string::npos);
  CHECK(page_body(simulation, pod, start + 90).find("envoy_cluster_upstream_rq_retry{cluster_name=\"outbound|") !=
        std::string::npos);
}

TEST_CASE("a ztunnel speaks OpenMetrics, istiod shows no convergence before the first push") {
  Simulation simulation({}, {}, false, start);
  const Answer ztunnel = simulation.page(pod_of(simulation, "ztunnel-", start), start);
  CHECK(ztunnel.page.content_type.starts_with("application/openmetrics-text"));
  CHECK(ztunnel.page.body.ends_with("# EOF\n"));
  CHECK(ztunnel.page.body.find("# TYPE istio_tcp_connections_opened counter\n") != std::string::npos);
  const std::string istiod = pod_of(simulation, "istiod-", start);
  CHECK(page_body(simulation, istiod, start).find("pilot_proxy_convergence_time") == std::string::npos);
  CHECK(page_body(simulation, istiod, start).find("pilot_total_xds_rejects") == std::string::npos);
  REQUIRE(simulation.begin({{"kind", "slow-convergence"}, {"count", 6}}, start + 1));
  const std::string page = page_body(simulation, istiod, start + 1);
  CHECK(page.find("pilot_proxy_convergence_time_bucket{le=\"30\"} 0\n") != std::string::npos);
  CHECK(page.find("pilot_proxy_convergence_time_count 6\n") != std::string::npos);
}

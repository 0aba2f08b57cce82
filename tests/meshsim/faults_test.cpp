// Ground truth, life cycle and refusal of faults; pods that come and go.
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/meshsim/kinds.hpp"
#include "tests/meshsim/scenario.hpp"
#include "tests/meshsim/server.hpp"
#include "tests/meshsim/snapshot.hpp"

using namespace meshwarden::meshsim;
using nlohmann::json;

namespace {

constexpr double start = 1'800'000'000;
const std::string istiod_counts = "pilot_debounce_time_count";

std::vector<std::string> pods_of(Simulation& simulation, const std::string& app, double now) {
  std::vector<std::string> found;
  for (const auto& entry : json::parse(simulation.targets("127.0.0.1:1", now))) {
    if (entry["labels"]["app"] == app) found.push_back(entry["labels"]["pod"]);
  }
  return found;
}

double gauge(Simulation& simulation, const std::string& pod, const std::string& name, double now) {
  const std::string body = "\n" + page_body(simulation, pod, now);
  const auto place = body.find("\n" + name);
  REQUIRE(place != std::string::npos);
  return std::stod(body.substr(body.find(' ', place)));
}

}  // namespace

TEST_CASE("the record tells when the pages held more than the threshold") {
  Simulation simulation({}, {}, false, start);
  const auto begun =
      simulation.begin({{"kind", "denials-http"}, {"count", 60}, {"over", 60}, {"threshold", 10}}, start);
  REQUIRE(begun);
  CHECK((*begun)["crossed_at"].is_null());
  CHECK((*begun)["ended_at"].is_null());
  const std::uint64_t id = (*begun)["id"];
  for (const double now : {start + 9.9, start + 10, start + 30.5}) {
    const auto moved = difference({}, snapshot(simulation, now));
    const auto denied = sum(moved, "envoy_http_rbac", {R"(authz_enforce_result="denied")"});
    const json record = *simulation.fault(id, now);
    CHECK(record["count"] == denied);
    CHECK(record["crossed_at"].is_null() == (denied <= 10));
  }
  CHECK((*simulation.fault(id, start + 61))["crossed_at"] == start + 10);
  CHECK((*simulation.fault(id, start + 61))["ended_at"] == start + 59);
}

TEST_CASE("an ended fault makes no more events") {
  Simulation simulation({}, {}, false, start);
  const std::uint64_t id = (*simulation.begin({{"kind", "denials-http"}, {"count", 60}, {"over", 60}}, start))["id"];
  const json ended = *simulation.end(id, start + 20.5);
  CHECK(ended["count"] == 21);
  CHECK(ended["ended_at"] == start + 20.5);
  CHECK(sum(snapshot(simulation, start + 90), "envoy_http_rbac", {R"(authz_enforce_result="denied")"}) == 21);
  CHECK(!simulation.end(99, start + 91));
}

TEST_CASE("what cannot be done is refused with a reason") {
  Simulation simulation({}, {}, false, start);
  for (const char* body :
       {R"({"kind":"flood"})", R"({"kind":"denials-http","cuont":1})", R"({"kind":"denials-http","count":-1})",
        R"({"kind":"denials-http","destination":"no/where"})", R"({"kind":"denials-http","source":"no/one"})",
        R"({"kind":"denials-grpc","destination":"bank/media"})", R"({"kind":"mtls","reason":"bad luck"})",
        R"({"kind":"denials-http","over":"3 parsecs"})", R"({"kind":"autoscale"})", R"({"kind":"scan","count":3})",
        R"({"kind":7})", "[]", R"({"kind":"proxies-lost","share":2})", R"({"kind":"scan","destinations":4000})"}) {
      INFO(body);
      const auto begun = simulation.begin(json::parse(body), start + 1);
      REQUIRE(!begun);
      CHECK(!begun.error().empty());
  }
  CHECK(simulation.faults(true, start + 2).empty());
}

TEST_CASE("a restarted pod counts from nothing under its old name") {
  Simulation simulation({}, {}, false, start);
  const auto pods = pods_of(simulation, "wallet", start);
  REQUIRE(simulation.begin({{"kind", "pod-restart"}, {"destination", "pay/wallet"}, {"pod", pods[0]}}, start + 60));
  CHECK(pods_of(simulation, "wallet", start + 60) == pods);
  CHECK((*simulation.fault(1, start + 60))["touched"] == json::array({pods[0]}));
  CHECK(page_body(simulation, pods[0], start + 60).find("istio_requests_total") == std::string::npos);
  CHECK(gauge(simulation, pods[0], "envoy_server_uptime", start + 64) == 0);
  CHECK(gauge(simulation, pods[0], "envoy_server_uptime", start + 71) == 10);
  CHECK(gauge(simulation, pods[1], "envoy_server_uptime", start + 64) > 1000);
  CHECK(page_body(simulation, pods[0], start + 90).find("istio_requests_total") != std::string::npos);
}

TEST_CASE("a deploy replaces every pod; the old pages stay readable for a while") {
  Simulation simulation({}, {}, false, start);
  const auto old = pods_of(simulation, "wallet", start);
  REQUIRE(simulation.begin({{"kind", "deploy"}, {"destination", "pay/wallet"}, {"over", 10}}, start + 30));
  const auto fresh = pods_of(simulation, "wallet", start + 45);
  CHECK(fresh.size() == old.size());
  for (const auto& pod : old) {
    CHECK(std::ranges::find(fresh, pod) == fresh.end());
    CHECK(simulation.page(pod, start + 45).status == 200);
    CHECK(simulation.page(pod, start + 45).page.body.find("istio_requests_total") != std::string::npos);
  }
  CHECK(simulation.page(old[0], start + 200).status == 404);
}

TEST_CASE("calls go on while pods come and go, and both ends still agree") {
  Simulation quiet({}, {}, false, start), busy({}, {}, false, start);
  const auto both = [&](Simulation& simulation, const std::string& part, double now) {
    return sum(snapshot(simulation, now), "istio_requests_total", {part});
  };
  const auto before = both(quiet, R"(reporter="source")", start + 30);
  REQUIRE(busy.begin({{"kind", "autoscale"}, {"destination", "pay/wallet"}, {"replicas", 5}}, start + 30));
  CHECK(pods_of(busy, "wallet", start + 31).size() == 5);
  CHECK(both(busy, R"(reporter="source")", start + 100) == both(quiet, R"(reporter="source")", start + 100));
  CHECK(both(busy, R"(reporter="source")", start + 100) > before);
  REQUIRE(busy.begin({{"kind", "autoscale"}, {"destination", "pay/wallet"}, {"replicas", 1}}, start + 101));
  CHECK(pods_of(busy, "wallet", start + 101).size() == 1);
}

TEST_CASE("a scrape outage darkens its targets and loses nothing") {
  Simulation simulation({}, {}, false, start);
  const auto pods = pods_of(simulation, "wallet", start);
  REQUIRE(simulation.begin({{"kind", "scrape-outage"}, {"destination", "pay/wallet"}, {"over", 20}}, start + 10));
  REQUIRE(simulation.begin({{"kind", "denials-http"}, {"destination", "pay/wallet"}, {"count", 10}}, start + 15));
  CHECK(simulation.page(pods[0], start + 15).status == 503);
  CHECK(simulation.page(pods[0], start + 31).status == 200);
  CHECK(sum(snapshot(simulation, start + 31), "envoy_http_rbac", {R"(authz_enforce_result="denied")"}) == 10);
  REQUIRE(simulation.begin({{"kind", "scrape-outage"}, {"share", 0.5}, {"over", 20}}, start + 40));
  std::size_t dark = 0, all = 0;
  for (const auto& pod : target_pods(simulation, start + 41))
    dark += simulation.page(pod, start + 41).status == 503 ? 1 : 0, ++all;
  CHECK(dark >= all / 2);
  CHECK(dark <= all / 2 + 1);
}

TEST_CASE("a vanished edge is silent until it is ended") {
  Simulation simulation({}, {}, false, start);
  const json record = *simulation.begin({{"kind", "vanished-edge"}}, start + 10);
  const std::string who = "source_workload=\"" + record["labels"]["source_workload"].get<std::string>() + "\"";
  const std::string where =
      "destination_service_name=\"" + record["labels"]["destination_service"].get<std::string>() + "\"";
  const auto calls = [&](double now) {
    const Snapshot all = snapshot(simulation, now);
    return sum(all, "istio_requests_total", {who, where}) +
           sum(all, "istio_tcp_connections_opened_total", {who, where});
  };
  const auto silent = calls(start + 10);
  CHECK(silent > 0);
  CHECK(calls(start + 100) == silent);
  REQUIRE(simulation.end(record["id"], start + 101));
  CHECK(calls(start + 101) == silent);
  CHECK(calls(start + 200) > silent);
}

TEST_CASE("the frozen mesh: changes are debounced and reach nobody") {
  Simulation simulation({}, {}, true, start);
  const Snapshot before = snapshot(simulation, start + 24);
  const json record = *simulation.begin({{"kind", "frozen-mesh"}}, start + 24);
  const Snapshot moved = difference(before, snapshot(simulation, start + 84));
  CHECK(sum(moved, istiod_counts) >= 20);
  CHECK(sum(moved, "pilot_proxy_queue_time_count") == 0);
  CHECK(sum(moved, "pilot_proxy_convergence_time_count") == 0);
  REQUIRE(simulation.end(record["id"], start + 85));
  CHECK(sum(difference(before, snapshot(simulation, start + 130)), "pilot_proxy_queue_time_count") > 0);
}

TEST_CASE("lost proxies leave istiod's gauge and come back") {
  Simulation simulation({}, {}, false, start);
  const std::string istiod = pods_of(simulation, "istiod", start)[0];
  const double whole = gauge(simulation, istiod, "pilot_xds{", start);
  REQUIRE(simulation.begin({{"kind", "proxies-lost"}, {"share", 0.25}, {"over", 30}}, start + 1));
  CHECK(gauge(simulation, istiod, "pilot_xds{", start + 2) == whole - std::ceil(whole / 4));
  CHECK(gauge(simulation, istiod, "pilot_xds{", start + 32) == whole);
}

TEST_CASE("a restart of the whole mesh takes every proxy and not istiod") {
  Simulation simulation({}, {}, false, start);
  const json record = *simulation.begin({{"kind", "mesh-restart"}}, start + 10);
  const auto pods = target_pods(simulation, start + 10);
  CHECK(record["count"] == pods.size() - 1);
  CHECK(sum(snapshot(simulation, start + 10), "istio_requests_total") == 0);
  CHECK(sum(snapshot(simulation, start + 60), "istio_requests_total") > 0);
}

TEST_CASE("a scenario plays at its times and names the line of what is wrong") {
  const auto steps = parse_scenario(
      "steps:\n- {at: 20s, kind: denials-http, count: 12}\n- {at: 1m30s, kind: deploy, destination: pay/wallet}\n");
  REQUIRE(steps);
  Simulation simulation({}, *steps, false, start);
  CHECK(simulation.faults(false, start + 19.9).empty());
  const json played = simulation.faults(false, start + 300);
  REQUIRE(played.size() == 2);
  CHECK(played[0]["started_at"] == start + 20);
  CHECK(played[1]["started_at"] == start + 90);
  const auto wrong = parse_scenario("steps:\n- {at: 20s, kind: nonsense}\n");
  REQUIRE(!wrong);
  CHECK(wrong.error().find("line 2") != std::string::npos);
  CHECK(!parse_scenario("steps: 5"));
  CHECK(!parse_scenario("steps: [{at: soon, kind: deploy}]"));
}

TEST_CASE("healthy background changes the pods, and only shows when asked for") {
  Simulation simulation({}, {}, true, start);
  const auto pods = target_pods(simulation, start);
  CHECK(simulation.faults(false, start + 600).empty());
  CHECK(simulation.faults(true, start + 600).size() > 10);
  CHECK(target_pods(simulation, start + 600) != pods);
  const std::string istiod = pods_of(simulation, "istiod", start + 600)[0];
  CHECK(gauge(simulation, istiod, "pilot_proxy_convergence_time_count", start + 600) > 1000);
}

TEST_CASE("the routes answer as told") {
  boost::asio::io_context context;
  Simulation simulation({}, {}, false,
                        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count());
  Server server(context, {boost::asio::ip::make_address("127.0.0.1"), 0}, simulation);
  CHECK(server.answer("POST", "/faults", R"({"kind":"denials-http"})").status == 200);
  CHECK(server.answer("POST", "/faults", "{").status == 400);
  CHECK(server.answer("POST", "/faults", R"({"kind":"x"})").status == 400);
  CHECK(json::parse(server.answer("GET", "/faults", "").body).size() == 1);
  CHECK(json::parse(server.answer("GET", "/faults/1", "").body)["count"] == 40);
  CHECK(server.answer("DELETE", "/faults/1", "").status == 200);
  CHECK(server.answer("GET", "/faults/2", "").status == 404);
  CHECK(server.answer("GET", "/faults/", "").status == 404);
  CHECK(server.answer("PUT", "/faults", "").status == 405);
  CHECK(server.answer("GET", "/metrics/nobody", "").status == 404);
  CHECK(server.answer("POST", "/targets", "").status == 405);
  CHECK(server.answer("GET", "/", "").status == 404);
}

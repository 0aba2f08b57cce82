#include <prometheus/counter.h>

#include "tests/web/api.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using web::Method;

TEST_CASE("health and readiness") {
    Api api;
    CHECK(api.ask(Method::get, "/healthz").status == 200);
    CHECK(api.ask(Method::head, "/healthz").status == 200);
    CHECK(api.ask(Method::get, "/readyz").status == 200);
    api.sample.ready = false;
    CHECK(api.ask(Method::get, "/readyz").status == 503);
    CHECK(api.ask(Method::get, "/-/healthy").status == 200);
}

TEST_CASE("methods and paths") {
    Api api;
    const auto refused = api.ask(Method::post, "/api/v1/incidents");
    CHECK(refused.status == 405);
    CHECK(header_of(refused, "Allow") == "GET, HEAD");
    CHECK(header_of(api.ask(Method::get, "/-/reload"), "Allow") == "POST");
    CHECK(header_of(api.ask(Method::other, "/api/v1/incidents/x/comment"), "Allow") == "POST");
    for (const auto* path : {"/nothing", "/api/v1", "/api/v1/incidents/", "/api/v1/incidents/a/b", "/console/",
                             "/console/../x", "/console/%2e%2e%2fopenapi.json"})
        CHECK(api.ask(Method::get, path).status == 404);
    CHECK(api.ask(Method::get, "/%zz").status == 400);
}

TEST_CASE("every answer carries the security headers") {
    Api api;
    for (const auto* path : {"/", "/healthz", "/nothing", "/api/v1/incidents", "/console/app.js"}) {
        const auto response = api.ask(Method::get, path);
        CHECK(header_of(response, "X-Content-Type-Options") == "nosniff");
        const auto policy = header_of(response, "Content-Security-Policy");
        CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
        CHECK(policy.find("unsafe") == std::string::npos);
    }
}

TEST_CASE("without a store the service says so and stays healthy") {
    Api api;
    api.store.reset();
    CHECK(api.get("/api/v1/incidents", 503)["detail"].get<std::string>().find("no store") != std::string::npos);
    CHECK(api.ask(Method::get, "/healthz").status == 200);
}

TEST_CASE("without a store what memory holds is answered, and status names the trouble") {
    Api api;
    prometheus::BuildCounter().Name("meshwarden_commits_failed_total").Register(api.sample.registry).Add({});
    api.store.reset();
    const auto status = api.get("/api/v1/status");
    CHECK(status["database"]["error"] == "the store cannot be opened: no store");
    CHECK(status["prometheus"][0]["name"] == "main");
    const auto metrics = api.ask(Method::get, "/metrics");
    CHECK(metrics.status == 200);
    CHECK(metrics.body.find("meshwarden_commits_failed_total 0\n") != std::string::npos);
    CHECK(metrics.body.find("meshwarden_incidents_open") == std::string::npos);
    CHECK(api.post("/-/reload")["status"] == "reloaded");
    for (const auto* path : {"/api/v1/alerts", "/api/v1/deliveries", "/api/v1/topology"}) api.get(path, 503);
}

TEST_CASE("status") {
    Api api;
    const auto status = api.get("/api/v1/status");
    CHECK(status["version"] == "0.1.0");
    CHECK(status["prometheus"][0]["name"] == "main");
    CHECK(status["prometheus"][0]["duration_seconds"] == 0.18);
    CHECK(status["learning"] == false);
    CHECK(status["database"]["head_hash"].get<std::string>().size() == 64);
    CHECK(status["incidents_open"]["critical"] == 1);
}

TEST_CASE("metrics: the registry's and the store's") {
    Api api;
    auto& ticks = prometheus::BuildCounter().Name("meshwarden_ticks_total").Register(api.sample.registry);
    ticks.Add({{"result", "ok"}}).Increment();
    const auto response = api.ask(Method::get, "/metrics");
    CHECK(response.content_type.starts_with("text/plain; version=0.0.4"));
    const auto has = [&](const std::string& line) { return response.body.find(line + "\n") != std::string::npos; };
    CHECK(has("meshwarden_ticks_total{result=\"ok\"} 1"));
    CHECK(has("meshwarden_watchdog 1"));
    CHECK(has("meshwarden_build_info{version=\"0.1.0\"} 1"));
    CHECK(has("meshwarden_incidents_open{severity=\"critical\"} 1"));
    CHECK(has("meshwarden_incidents_open{severity=\"info\"} 0"));
    CHECK(has("meshwarden_incident_info{id=\"" + api.id_of("authz-denials") +
              "\",rule=\"authz-denials\",severity=\"high\",state=\"open\",source=\"\",destination=\"pay/ledger\"} 1"));
    CHECK(response.body.find("rule=\"slow-convergence\"") == std::string::npos);
    CHECK(response.body.find("meshwarden_store_size_bytes ") != std::string::npos);
}

TEST_CASE("a reload tells every problem") {
    Api api;
    CHECK(api.post("/-/reload")["status"] == "reloaded");
    api.sample.problems = {"meshwarden.yaml:3: web.listen: wrong", "meshwarden.yaml:9: rules: unknown"};
    CHECK(api.post("/-/reload", {}, 400)["problems"].size() == 2);
}

#include <map>

#include "tests/web/api.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;

TEST_CASE("rules in Prometheus' shape: as evaluated, and blind is not ok") {
    Api api;
    const auto body = api.get("/api/v1/rules");
    CHECK(body["status"] == "success");
    std::map<std::string, nlohmann::json> rules;
    for (const auto& group : body["data"]["groups"])
        for (const auto& rule : group["rules"]) rules[rule["name"]] = rule;
    REQUIRE(rules.size() == 5);
    CHECK(body["data"]["groups"].size() == 2);

    const auto& denials = rules["authz-denials"];
    CHECK(denials["query"] == "sum by (destination_namespace, destination_service) (increase(authz_denials[1m])) > 10");
    CHECK(denials["type"] == "alerting");
    CHECK(denials["health"] == "ok");
    CHECK(denials["state"] == "firing");
    CHECK(denials["alerts"][0]["labels"]["destination_service"] == "ledger");
    CHECK(denials["alerts"][0]["value"] == "4.000000e+01");

    CHECK(rules["mtls-failures"]["health"] == "unknown");
    CHECK(rules["mtls-failures"]["lastError"] == "the statistics are not exported");
    CHECK(rules["retry-storm"]["threshold"] == 200);
    CHECK(rules["retry-storm"]["declaredThreshold"] == 100);
    CHECK(rules["retry-storm"]["window"] == "2m");
    CHECK(rules["tcp-new-edge"]["query"].get<std::string>().starts_with("learned"));
    CHECK(rules["slow-convergence"]["state"] == "inactive");

    CHECK(api.get("/api/v1/rules?type=record")["data"]["groups"].empty());
    api.get("/api/v1/rules?type=alerts", 400);
}

TEST_CASE("without a store rules and signals are those of the last tick, unknown before the first") {
    Api api;
    api.store.reset();
    const auto states = [&] {
        std::map<std::string, nlohmann::json> found;
        const auto signals = api.get("/api/v1/signals"), rules = api.get("/api/v1/rules");
        for (const auto& signal : signals["signals"]) found[signal["signal"]] = signal["state"];
        for (const auto& group : rules["data"]["groups"])
            for (const auto& rule : group["rules"]) found[rule["name"]] = {rule["state"], rule["health"]};
        return found;
    };
    auto before = states();
    CHECK(before["authz_denials"] == "blind");
    CHECK(before["authz-denials"] == nlohmann::json{"inactive", "unknown"});
    api.sample.has_ticked = true;
    auto after = states();
    CHECK(after["authz_denials"] == "observed");
    CHECK(after["authz-denials"] == nlohmann::json{"firing", "ok"});
    CHECK(after["slow-convergence"] == nlohmann::json{"inactive", "ok"});
}

TEST_CASE("alerts are the open incidents") {
    Api api;
    CHECK(api.get("/api/v1/alerts")["data"]["alerts"].size() == 4);
    api.post("/api/v1/incidents/" + api.id_of("authz-denials") + "/acknowledge");
    CHECK(api.get("/api/v1/alerts")["data"]["alerts"].size() == 4);
    api.post("/api/v1/incidents/" + api.id_of("authz-denials") + "/resolve");
    CHECK(api.get("/api/v1/alerts")["data"]["alerts"].size() == 3);
}

TEST_CASE("signals: what was never read is blind, not zero") {
    Api api;
    std::map<std::string, nlohmann::json> signals;
    const auto body = api.get("/api/v1/signals");
    for (const auto& signal : body["signals"]) signals[signal["signal"]] = signal;
    REQUIRE(signals.size() == 5);
    CHECK(signals["authz_denials"]["state"] == "observed");
    CHECK(signals["slow_convergence"]["state"] == "zero");
    CHECK(signals["mtls_failures"]["state"] == "blind");
    CHECK(signals["mtls_failures"]["cause"]["code"] == "not_exposed");
    CHECK(signals["mtls_failures"]["fix"]["yaml"].get<std::string>().find("proxyStatsMatcher") != std::string::npos);
    CHECK(signals["retries"]["covered"] == 3);
    CHECK(signals["retries"]["expected"] == 10);
    CHECK(signals["retries"]["rules"] == nlohmann::json{"retry-storm"});
    CHECK(signals["tcp_connections"]["state"] == "blind");
    CHECK(signals["tcp_connections"]["cause"]["code"] == "not_asked");
    CHECK(signals["tcp_connections"]["checked_at"].is_null());
}

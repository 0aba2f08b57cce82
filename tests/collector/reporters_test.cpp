// Each request once, whoever reports it.
#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using fakes::ScriptedPrometheus;

namespace {

constexpr double start = 10'000;

Labels series(const std::string& reporter, const std::string& workload, const std::string& instance = "i") {
    return {{"__name__", "istio_requests_total"}, {"reporter", reporter}, {"destination_workload", workload},
            {"destination_workload_namespace", "shop"}, {"job", "pods"}, {"instance", instance}};
}

// What is counted when each of the series rises by one.
double counted(const std::vector<Labels>& metrics, const std::vector<std::string>& reporting) {
    ScriptedPrometheus server;
    const auto serve = [&](double time, double value) {
        std::vector<TestSeries> all;
        for (const auto& metric : metrics) all.push_back({metric, {{time, value}}});
        server.answer("istio_requests_total{response_code=\"403\"}[", matrix_json(all));
    };
    std::vector<TestSeries> destinations;
    for (const auto& workload : reporting) {
        destinations.push_back(
            {{{"destination_workload", workload}, {"destination_workload_namespace", "shop"}}, {{1, 1}}});
    }
    server.answer("count by (destination_workload_namespace,destination_workload) "
                  "(last_over_time(istio_requests_total{reporter=~\"destination|waypoint\",destination_workload",
                  vector_json(destinations));
    Options options;
    options.endpoint.url = server.url();
    SignalSpec spec = counter_spec("denials", "istio_requests_total{response_code=\"403\"}");
    spec.parts[0].reporters = {"destination", "waypoint", "source"};
    Watcher watcher(options, {spec});
    serve(start - 1, 5);
    watcher.poll();
    serve(start + 14, 6);
    server.set_time(start + 15);
    watcher.poll();
    return watcher.counted("denials");
}

}  // namespace

TEST_CASE("each request counts once over the reporters") {
    CHECK(counted({series("destination", "ledger")}, {}) == 1);
    CHECK(counted({series("waypoint", "unknown")}, {}) == 1);
    CHECK(counted({series("source", "unknown")}, {}) == 1);
    CHECK(counted({series("source", "ledger")}, {}) == 1);
    CHECK(counted({series("source", "ledger")}, {"ledger"}) == 0);
    CHECK(counted({series("source", "ledger"), series("source", "other")}, {"ledger"}) == 1);
    CHECK(counted({series("source", "ledger"), series("destination", "ledger", "d")}, {}) == 1);
    CHECK(counted({series("ztunnel", "ledger")}, {}) == 0);
}

TEST_CASE("copies of a waypoint's series without the target's labels count nothing") {
    CHECK(counted({series("waypoint", "unknown"), series("source", "unknown", ""), series("destination", "ledger", "")},
                  {}) == 1);
}

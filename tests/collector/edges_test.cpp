#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using fakes::ScriptedPrometheus;

namespace {

constexpr double start = 10'000;

SignalSpec edges_spec(const std::string& name, const std::string& selector) {
    SignalSpec spec = counter_spec(name, selector);
    spec.edges = true;
    const auto plain = [](const std::string& label) { return LabelSource{label, LabelSource::Extraction::none, ""}; };
    spec.parts[0].labels = {
        {"source_workload", {plain("source_workload")}, ""},
        {"destination_workload", {plain("destination_workload"), plain("destination_service_name")}, ""}};
    return spec;
}

Labels row(const std::string& source, const std::string& destination, const std::string& service,
           const std::string& policy) {
    return {{"source_workload", source}, {"destination_workload", destination}, {"destination_service_name", service},
            {"request_protocol", "tcp"}, {"connection_security_policy", policy}};
}

struct Bench {
    ScriptedPrometheus server;
    Watcher watcher;

    static Options options_of(const ScriptedPrometheus& server) {
        Options options;
        options.endpoint.url = server.url();
        options.cluster = "prod";
        return options;
    }
    explicit Bench(std::vector<SignalSpec> specs) : watcher(options_of(server), std::move(specs)) {}
};

}  // namespace

TEST_CASE("edges are summed by our labels") {
    Bench bench({edges_spec("tcp", "tcp_opened")});
    bench.server.answer("sum by (cluster, connection_security_policy, destination_service_name, destination_workload, "
                        "request_protocol, source_workload) (tcp_opened)",
                        vector_json({{row("web", "ledger", "ledger", "mutual_tls"), {{1, 3}}},
                                     {row("web", "ledger", "other", "mutual_tls"), {{1, 4}}},
                                     {row("web", "unknown", "PassthroughCluster", "unknown"), {{1, 1}}}}));
    const Snapshot& snapshot = bench.watcher.poll();
    REQUIRE(snapshot.edges_answered);
    REQUIRE(snapshot.edges.size() == 2);
    CHECK(snapshot.edges[0].labels == Labels{{"cluster", "prod"}, {"destination_workload", "PassthroughCluster"},
                                             {"protocol", "tcp"}, {"source_workload", "web"}});
    CHECK(snapshot.edges[1].labels == Labels{{"cluster", "prod"},
                                             {"destination_workload", "ledger"},
                                             {"mtls", "mutual_tls"},
                                             {"protocol", "tcp"},
                                             {"source_workload", "web"}});
    CHECK(snapshot.edges[1].total == 7);
    CHECK(snapshot.readings[0].answered);
    CHECK(snapshot.readings[0].updates.empty());
}

TEST_CASE("an edges signal's value is what came between two readings") {
    Bench bench({edges_spec("tcp", "tcp_opened")});
    const auto poll = [&](double time, double total) {
        bench.server.answer("sum by", vector_json({{row("web", "ledger", "ledger", "mutual_tls"), {{1, total}}}}));
        bench.server.set_time(time);
        bench.watcher.poll();
        return bench.watcher.coverage().value;
    };
    CHECK(poll(start, 100) == 0);
    CHECK(poll(start + 100, 130) == 30);
    CHECK(poll(start + 200, 90) == 0);
}

TEST_CASE("edges count only when every edges signal answered") {
    Bench bench({edges_spec("tcp", "tcp_opened"), edges_spec("http", "requests")});
    bench.server.answer("sum by (cluster, connection_security_policy, destination_service_name, destination_workload, "
                        "request_protocol, source_workload) (requests)",
                        "broken");
    const Snapshot& snapshot = bench.watcher.poll();
    CHECK_FALSE(snapshot.edges_answered);
    CHECK(snapshot.edges.empty());
    CHECK(snapshot.readings[0].answered);
    CHECK_FALSE(snapshot.readings[1].answered);
    CHECK(snapshot.readings[1].coverage.cause.code == "query_failed");
}

TEST_CASE("edges are asked at an interval of their own") {
    SignalSpec spec = edges_spec("tcp", "tcp_opened");
    spec.interval = std::chrono::seconds(30);
    Bench bench({spec});
    for (int i = 0; i < 5; ++i) {
        bench.server.set_time(start + i * 10);
        CHECK(bench.watcher.poll().edges_answered == (i % 3 == 0));
    }
    CHECK(bench.server.asked("sum by") == 2);
}

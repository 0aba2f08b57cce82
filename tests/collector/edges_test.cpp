#include "collector/rollouts.hpp"
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
                        "reporter, request_protocol, source_workload) (tcp_opened)",
                        vector_json({{row("web", "ledger", "ledger", "mutual_tls"), {{1, 3}}},
                                     {row("web", "ledger", "other", "mutual_tls"), {{1, 4}}},
                                     {row("web", "ledger", "absurd", "mutual_tls"), {{1, 1e19}}},
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
                        "reporter, request_protocol, source_workload) (requests)",
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

TEST_CASE("the past is read step by step, with what was failing then") {
    Bench bench({edges_spec("tcp", "tcp_opened"), edges_spec("http", "requests")});
    const std::string labels = "sum by (cluster, connection_security_policy, destination_service_name, "
                               "destination_workload, reporter, request_protocol, source_workload) ";
    bench.server.answer(labels + "(tcp_opened)",
                        matrix_json({{row("web", "ledger", "a", "mutual_tls"), {{300, 3}, {600, 4}, {1200, 9}}},
                                     {row("web", "ledger", "b", "mutual_tls"), {{600, 5}}}}));
    bench.server.answer(labels + "(requests)", matrix_json({{row("web", "cart", "c", "unknown"), {{1200, 1}}}}));
    bench.server.answer("up == 0", matrix_json({{{{"instance", "x"}}, {{600, 0}}}}));
    bench.server.answer(
        "min by", matrix_json({{{{"namespace", "shop"}, {"pod", "web-0"}}, {{300, 9000}, {600, 9300}, {1200, 60}}}}));
    std::vector<Snapshot> past;
    const auto read = [&] {
        past.clear();
        return bench.watcher.collector().read_past(from_epoch_seconds(300), from_epoch_seconds(1500),
                                                   std::chrono::minutes(5),
                                                   [&](Snapshot snapshot) { past.push_back(std::move(snapshot)); });
    };
    const auto series = read();
    REQUIRE(series);
    CHECK(*series == 3);
    REQUIRE(past.size() == 3);  // nothing is known of 900 and 1500
    CHECK(past[0].at == from_epoch_seconds(300));
    CHECK(past[0].edges_answered);
    CHECK(past[0].edges.size() == 1);
    CHECK(past[1].edges.at(0).total == 9);
    CHECK(past[1].failing_targets.size() == 1);
    CHECK(past[1].rolled_out.empty());
    CHECK(past[2].failing_targets.empty());
    CHECK(past[2].edges.size() == 2);
    CHECK(past[2].rolled_out.size() == 1);
    bench.server.answer(labels + "(requests)", "broken");
    const auto broken = read();
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == "query_failed");
    CHECK(past.empty());
}

TEST_CASE("a workload was rolled out where at least half of its pods are young") {
    struct Case {
        const char* what;
        std::vector<std::pair<std::string, double>> pods;  // uptime in seconds
        std::vector<std::string> rolled_out;
    };
    const auto c = GENERATE(values<Case>({
        {"old", {{"web-7d4b9c6f8d-x2x4z", 3600}, {"web-7d4b9c6f8d-x2x4y", 90000}}, {}},
        {"all young", {{"web-7d4b9c6f8d-x2x4z", 3599}}, {"web"}},
        {"half", {{"web-7d4b9c6f8d-x2x4z", 10}, {"web-7d4b9c6f8d-x2x4y", 90000}}, {"web"}},
        {"scaled up", {{"web-7d4b9c6f8d-x2x4z", 10}, {"web-7d4b9c6f8d-x2x4w", 90000}, {"web-7d4b9c6f8d-x2x4v", 90000}}, {}},
        {"apart", {{"db-0", 10}, {"web-7d4b9c6f8d-x2x4y", 90000}}, {"db"}},
        {"no pod", {{"", 10}}, {}},
    }));
    CAPTURE(c.what);
    std::vector<TestSeries> series;
    for (const auto& [pod, uptime] : c.pods)
        series.push_back({Labels{{"namespace", "shop"}, {"pod", pod}}, {{100, uptime}}});
    const auto answer = parse_answer(200, vector_json(series), 100);
    REQUIRE(answer);
    std::vector<std::string> names;
    for (const auto& labels : Rollouts(*answer, "prod").at({})) {
        CHECK(labels.get("cluster") == "prod");
        CHECK(labels.get("source_namespace") == "shop");
        names.emplace_back(labels.get("source_workload"));
    }
    CHECK(names == c.rolled_out);
}

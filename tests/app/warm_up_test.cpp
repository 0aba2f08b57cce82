// What came while nobody watched, read from Prometheus' past after a restart.
#include "app/warm_up.hpp"

#include "tests/catch.hpp"
#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

constexpr double stopped = 1'700'000'100;  // when the service went away, a multiple of the interval

Labels call(const std::string& source) {
    return {{"source_workload", source}, {"destination_workload", "db"}, {"request_protocol", "tcp"}};
}

SignalSpec connections() {
    auto spec = collector::counter_spec("tcp_connections", "tcp_opened");
    spec.edges = true;
    for (const auto* label : {"source_workload", "destination_workload"})
        spec.parts[0].labels.push_back({label, {{label, LabelSource::Extraction::none, ""}}, ""});
    return spec;
}

anomaly::Options options() {
    anomaly::Options options;
    options.learning_period = 60s;
    return options;
}

anomaly::TopologyDetector detector() {
    RuleSpec rule;
    rule.name = "tcp-new-edge";
    rule.learned = true;
    rule.by = {"source_workload"};
    rule.quiet = 24h;
    return {options(), {rule}};
}

Snapshot live_at(double seconds, double since) {
    Snapshot live;
    live.reachable = live.edges_answered = true;
    live.at = from_epoch_seconds(seconds);
    live.since = from_epoch_seconds(since);
    return live;
}

}  // namespace

TEST_CASE("an edge that was first seen while the service was down is told, however often the past is asked for") {
    const int failures = GENERATE(0, 1, 3);
    CAPTURE(failures);
    auto topology = detector();
    for (const double seconds : {stopped - 300, stopped}) {
        auto known = live_at(seconds, seconds - 300);
        known.edges = {{{{"source_workload", "web"}, {"destination_workload", "db"}, {"protocol", "tcp"}}, 9}};
        topology.inspect(known);
    }
    fakes::ScriptedPrometheus server;
    collector::Options source;
    source.endpoint.url = server.url();
    collector::Watcher watcher(source, {connections()});
    prometheus::Registry registry;
    app::LoopMetrics metrics(registry);
    const io::SystemClock clock;
    const auto settings = options();
    app::WarmUp warm_up(settings, "main", clock, metrics);

    double now = stopped + 1800;
    server.answer("sum by", "broken");
    for (int i = 0; i < failures; ++i, now += 60) {
        auto live = live_at(now, i == 0 ? stopped : now - 60);
        warm_up.step(live, watcher.collector(), topology, {});
        topology.inspect(live);
    }
    server.answer("sum by", collector::matrix_json({{call("web"), {{stopped + 300, 10}, {stopped + 900, 12}}},
                                                    {call("evil"), {{stopped + 900, 3}, {stopped + 1200, 3}}}}));
    for (int i = 0; i < 60 && (i == 0 || warm_up.progress()); ++i, now += 60) {
        auto live = live_at(now, i + failures == 0 ? stopped : now - 60);
        warm_up.step(live, watcher.collector(), topology, {});
    }
    CHECK(!warm_up.progress());
    std::vector<std::string> told;
    for (const auto& finding : topology.inspect(live_at(now, now - 60)).findings)
        told.emplace_back(finding.subject.get("source_workload"));
    CHECK(told == std::vector<std::string>{"evil"});
}

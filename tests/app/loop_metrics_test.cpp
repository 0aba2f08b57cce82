// What the metrics say of the topology.
#include <prometheus/text_serializer.h>

#include "app/loop_metrics.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;

namespace {

Topology of(int edges, std::uint64_t forgotten = 0) {
    Topology topology;
    for (int i = 0; i < edges; ++i) {
        topology.edges.emplace_back();
        topology.edges.back().labels.set("protocol", "http");
    }
    topology.edges_forgotten = forgotten;
    return topology;
}

}  // namespace

TEST_CASE("edges of several Prometheuses add up, and each is new once") {
    prometheus::Registry registry;
    app::LoopMetrics metrics(registry);
    const auto shows = [&](const std::string& line) {
        CHECK_THAT(prometheus::TextSerializer().Serialize(registry.Collect()), Catch::Matchers::Contains(line + "\n"));
    };
    for (int round = 0; round < 3; ++round) {
        metrics.topology("one", of(10));
        metrics.topology("two", of(20, 4));
    }
    shows("meshwarden_edges{protocol=\"http\"} 30");
    shows("meshwarden_edges_new_total 30");
    shows("meshwarden_edges_forgotten_total 4");
    metrics.topology("two", of(15, 6));
    shows("meshwarden_edges{protocol=\"http\"} 25");
    shows("meshwarden_edges_new_total 30");
    shows("meshwarden_edges_forgotten_total 6");
    metrics.topology("two", of(15, 1));
    shows("meshwarden_edges_forgotten_total 6");
    metrics.left("two");
    shows("meshwarden_edges{protocol=\"http\"} 10");
    metrics.topology("two", of(15));
    shows("meshwarden_edges_new_total 30");
}

TEST_CASE("a rule is as bad as any Prometheus has it, and gone with the last") {
    prometheus::Registry registry;
    app::LoopMetrics metrics(registry);
    const auto text = [&] { return prometheus::TextSerializer().Serialize(registry.Collect()); };
    const auto judged = [&](const std::string& prometheus, RuleHealth health) {
        metrics.judged(prometheus, {"denials", health, true, {}, 0, Duration{0}});
    };
    judged("one", RuleHealth::firing);
    judged("two", RuleHealth::blind);
    judged("three", RuleHealth::ok);
    CHECK_THAT(text(), Catch::Matchers::Contains("rule=\"denials\",state=\"firing\"} 1\n"));
    CHECK_THAT(text(), Catch::Matchers::Contains("rule=\"denials\",state=\"blind\"} 0\n"));
    metrics.left("one");
    CHECK_THAT(text(), Catch::Matchers::Contains("rule=\"denials\",state=\"blind\"} 1\n"));
    metrics.left("two");
    metrics.left("three");
    CHECK_THAT(text(), !Catch::Matchers::Contains("denials"));
}

#include "anomaly/topology_detector.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/rules/mesh_script.hpp"

using namespace meshwarden;
using namespace meshwarden::anomaly;
using meshwarden::tests::at;
using meshwarden::tests::Script;
using namespace std::chrono_literals;

namespace {

Labels edge(const std::string& source, const std::string& destination, const std::string& protocol = "tcp") {
    return {{"source_namespace", "shop"}, {"source_workload", source}, {"destination_namespace", "shop"},
            {"destination_workload", destination}, {"destination_service", destination}, {"protocol", protocol}};
}

std::vector<RuleSpec> rules() {
    RuleSpec fresh;
    fresh.name = "tcp-new-edge";
    fresh.learned = true;
    fresh.by = {"source_namespace", "source_workload"};
    fresh.quiet = 1h;
    fresh.summary = "{{ source_workload }} opened {{ value }} new";
    RuleSpec caller = fresh;
    caller.name = "authz-new-caller";
    caller.by = {"source_namespace", "source_workload", "destination_namespace", "destination_service"};
    RuleSpec vanished = caller;
    vanished.name = "topology-vanished";
    vanished.by = {"source_namespace", "source_workload", "destination_namespace", "destination_workload"};
    vanished.window = 5min;
    return {fresh, caller, vanished};
}

TopologyDetector detector() {
    Options options;
    options.learning_period = 30s;
    return {options, rules()};
}

std::vector<std::string> names(const Inspection& inspection) {
    std::vector<std::string> found;
    for (const auto& finding : inspection.findings) found.push_back(finding.rule);
    return found;
}

// Learns a -> b and lets the learning period pass.
Script learned(TopologyDetector& topology) {
    Script s;
    s.start().edge(edge("a", "b"), 1);
    CHECK(topology.inspect(s.tick(0)).findings.empty());
    s.edge(edge("a", "b"), 2);
    CHECK(topology.inspect(s.tick(31)).findings.empty());
    return s;
}

}  // namespace

TEST_CASE("one incident per source takes its further new edges and resolves as quiet") {
    auto topology = detector();
    auto s = learned(topology);
    s.edge(edge("a", "b"), 3).edge(edge("a", "c"), 1).edge(edge("a", "d", "tcp"), 1);
    const auto found = topology.inspect(s.tick(40));
    REQUIRE(names(found) == std::vector<std::string>{"tcp-new-edge"});
    CHECK(found.findings[0].value == 2);
    CHECK(found.findings[0].summary == "a opened 2 new");
    CHECK(found.findings[0].evidence.notes.size() == 2);
    s.edge(edge("a", "b"), 4).edge(edge("a", "e"), 1);
    CHECK(topology.inspect(s.tick(3000)).findings.at(0).value == 3);
    CHECK(topology.inspect(s.tick(6500)).findings.size() == 1);
    CHECK(topology.inspect(s.tick(6700)).findings.empty());
}

TEST_CASE("each further new edge is a crossing of its own, and stays so over a restart") {
    auto topology = detector();
    auto s = learned(topology);
    const auto crossed = [](const Inspection& inspection) { return inspection.findings.at(0).crossed_at; };
    s.edge(edge("a", "b"), 3).edge(edge("a", "c"), 1);
    CHECK(crossed(topology.inspect(s.tick(40))) == at(40));
    s.edge(edge("a", "b"), 4).edge(edge("a", "c"), 9);
    CHECK(crossed(topology.inspect(s.tick(50))) == at(40));
    s.edge(edge("a", "b"), 5).edge(edge("a", "c"), 9).edge(edge("a", "d"), 1);
    const auto further = topology.inspect(s.tick(60));
    CHECK(crossed(further) == at(60));
    CHECK(further.findings.at(0).started_at == at(40));
    auto restarted = detector();
    REQUIRE(restarted.load(topology.save()));
    CHECK(crossed(restarted.inspect(s.tick(70))) == at(60));
}

TEST_CASE("while learning nothing is told and the verdict says so") {
    auto topology = detector();
    Script s;
    s.start().edge(edge("a", "b"), 1);
    const auto found = topology.inspect(s.tick(0));
    CHECK(found.findings.empty());
    CHECK_THAT(found.rules.at(0).cause, Catch::Matchers::Contains("learning until"));
}

TEST_CASE("a refused caller is new once, and its edge is not told a second time") {
    auto topology = detector();
    auto s = learned(topology);
    auto refused = edge("scanner", "b");
    s.count("authz_denials", refused, 35, 3).edge(edge("scanner", "b", "tcp"), 3);
    const auto found = topology.inspect(s.tick(36));
    REQUIRE(names(found) == std::vector<std::string>{"authz-new-caller"});
    CHECK(found.findings[0].started_at == at(35));
    s.count("authz_denials", refused, 37, 2);
    CHECK(topology.inspect(s.tick(38)).findings.at(0).value == 5);
    SECTION("a known caller that is refused is not new") {
        s.count("authz_denials", edge("a", "b"), 40, 3);
        CHECK(topology.inspect(s.tick(41)).findings.size() == 1);
    }
}

TEST_CASE("an edge that was steady and falls silent has vanished; one that cannot be scraped has not") {
    auto topology = detector();
    auto s = learned(topology);
    double total = 2, other = 100, now = 31;
    for (; now < 100; now += 5) {
        s.edge(edge("a", "b"), ++total).edge(edge("c", "d"), ++other);
        topology.inspect(s.tick(now));
    }
    const auto quiet = [&](double until, bool failing) {
        Inspection last;
        for (; now < until; now += 5) {
            s.edge(edge("a", "b"), total).edge(edge("c", "d"), ++other);
            if (failing) s.failing({{"instance", "x"}});
            last = topology.inspect(s.tick(now));
        }
        return last;
    };
    SECTION("silent") {
        const auto found = quiet(420, false);
        // a -> b is silent, c -> d goes on (and was new after the learning period).
        const auto all = names(found);
        REQUIRE(std::count(all.begin(), all.end(), "topology-vanished") == 1);
        const auto vanished = std::ranges::find(found.findings, "topology-vanished", &Finding::rule);
        CHECK(vanished->labels.get("source_workload") == "a");
        s.edge(edge("a", "b"), total + 5).edge(edge("c", "d"), ++other);
        CHECK(names(topology.inspect(s.tick(now))) == std::vector<std::string>{"tcp-new-edge"});
    }
    SECTION("blind") {
        quiet(420, true);
        const auto found = quiet(500, false);
        const auto all = names(found);
        CHECK(std::count(all.begin(), all.end(), "topology-vanished") == 0);
    }
}

TEST_CASE("an edge that pauses as it always does after a burst has not vanished") {
    auto topology = detector();
    auto s = learned(topology);
    double total = 2, now = 40;
    const auto told = [&](double until, double step, double events) {
        std::ptrdiff_t times = 0;
        for (; now < until; now += step) {
            total += events;
            const auto all = names(topology.inspect(s.edge(edge("a", "b"), total).tick(now)));
            times += std::count(all.begin(), all.end(), "topology-vanished");
        }
        return times;
    };
    CHECK(told(18000, 600, 1) == 0);
    CHECK(told(18060, 5, 10) == 0);
    CHECK(told(22000, 60, 0) == 0);
    CHECK(told(60000, 60, 0) > 0);
}

TEST_CASE("a presence ends when its edge was silent for long or is protected otherwise, and is handed over once") {
    auto topology = detector();
    auto s = learned(topology);
    const auto last = [&](double now) {
        return (s.edge(edge("a", "b"), now), topology.inspect(s.tick(now)), topology.topology()->edges.at(0));
    };
    CHECK(last(600).since == at(0));
    CHECK(last(4100).since == at(0));
    const auto silent = [&](double now, double total) { topology.inspect(s.edge(edge("a", "b"), total).tick(now)); };
    silent(7000, 4100);  // for less than an hour
    CHECK(last(7001).since == at(0));
    CHECK(last(12000).since == at(0));  // not read for more
    CHECK(topology.ended().empty());
    silent(14000, 12000);
    silent(16000, 12000);
    const auto back = last(16060);
    CHECK(back.since == at(16060));
    CHECK(back.first_seen == at(0));
    REQUIRE(topology.ended().size() == 1);
    CHECK(topology.ended()[0].since == at(0));
    CHECK(topology.ended()[0].last_seen == at(12000));
    CHECK(topology.ended()[0].events == 11999);
    CHECK(topology.topology()->ended.size() == 1);
    topology.saved();
    CHECK(topology.ended().empty());

    auto open = edge("a", "b");
    open.set("mtls", "none");
    s.edge(open, 16061);
    topology.inspect(s.tick(16065));
    REQUIRE(topology.ended().size() == 1);
    CHECK(topology.ended()[0].mtls == "unknown");
    CHECK(topology.topology()->edges.at(0).mtls == "none");
    CHECK(topology.topology()->edges.at(0).since == at(16065));
}

TEST_CASE("an edge of which one part is plaintext is plaintext, whichever comes last") {
    Edges edges(10);
    auto safe = edge("a", "b"), open = edge("a", "b", "grpc");
    safe.set("mtls", "mutual_tls");
    open.set("mtls", "none");
    edges.observe({{open, 1}, {safe, 1}}, at(0), 0);
    CHECK(edges.all().begin()->second.labels.get("mtls") == "none");
}

namespace {

std::shared_ptr<const Expectations> said(bool expected, const std::string& matcher) {
    Expectation said;
    said.expected = expected;
    said.owner = "payments";
    said.match = {Matcher::parse(matcher).value()};
    return std::make_shared<const Expectations>(Expectations{said});
}

}  // namespace

TEST_CASE("an edge that its other end tells of now is the same edge, whose count begins anew") {
    auto topology = detector();
    auto s = learned(topology);
    auto by_caller = edge("a", "b");
    by_caller.set("reporter", "source");
    double now = 40, before = topology.topology()->edges.at(0).events;
    const auto came = [&](std::optional<double> destination, std::optional<double> caller) {
        if (caller) s.edge(by_caller, *caller);
        if (destination) s.edge(edge("a", "b"), *destination);
        CHECK(topology.inspect(s.tick(now += 10)).findings.empty());
        REQUIRE(topology.topology()->edges.size() == 1);
        CHECK_FALSE(topology.topology()->edges[0].labels.has("reporter"));
        return topology.topology()->edges[0].events - std::exchange(before, topology.topology()->edges[0].events);
    };
    CHECK(came(4, {}) == 2);
    for (int i = 0; i < 3; ++i) CHECK(came({}, 4000) == 0);  // it may only not be scraped
    CHECK(came({}, 5000) == 0);
    CHECK(came({}, 5003) == 3);
    CHECK(came(9, 5010) == 0);
    CHECK(came(10, 5020) == 1);
}

TEST_CASE("while a destination cannot be scraped its callers' counts, which may be partial, are no events") {
    auto topology = detector();
    auto s = learned(topology);
    auto by_caller = edge("a", "b");
    by_caller.set("reporter", "source");
    topology.inspect(s.edge(edge("a", "b"), 1000).tick(40));
    const double before = topology.topology()->edges.at(0).events;
    double now = 50;
    for (const double caller : {500, 500, 500, 500, 4000, 4010})
        CHECK(topology.inspect(s.edge(by_caller, caller).failing({{"instance", "b"}}).tick(now += 10)).findings.empty());
    topology.inspect(s.edge(edge("a", "b"), 1003).tick(now += 10));
    CHECK(topology.topology()->edges.at(0).events == before + 3);
}

TEST_CASE("a state that knows no edges that callers told learns those that are there, silently") {
    auto topology = detector();
    learned(topology);
    auto older = nlohmann::json::from_cbor(topology.save());
    REQUIRE(older.contains("edges"));
    auto& edges = older["edges"].contains("edges") ? older["edges"] : older;
    REQUIRE(edges.erase("callers_read") == 1);
    const auto bytes = nlohmann::json::to_cbor(older);
    auto restored = detector();
    REQUIRE(restored.load(std::string(bytes.begin(), bytes.end())));
    Script s;
    auto by_caller = edge("a", "outside");
    by_caller.set("reporter", "source");
    s.start().edge(edge("a", "b"), 2).edge(by_caller, 700);
    CHECK(restored.inspect(s.tick(60)).findings.empty());
    by_caller.set("destination_workload", "elsewhere");
    s.edge(edge("a", "b"), 2).edge(by_caller, 1);
    CHECK(names(restored.inspect(s.tick(70))) == std::vector<std::string>{"tcp-new-edge"});
}

TEST_CASE("an edge that an operator calls expected is not told; it is once that no longer holds") {
    auto topology = detector();
    auto s = learned(topology);
    const auto tick = [&](double now, std::shared_ptr<const Expectations> expectations) {
        auto snapshot = s.tick(now);
        snapshot.expectations = std::move(expectations);
        return topology.inspect(snapshot);
    };
    const auto planned = said(true, R"(destination_workload=~"c|d")");
    s.edge(edge("a", "b"), 3).edge(edge("a", "c"), 1);
    CHECK(tick(40, planned).findings.empty());
    CHECK_FALSE(topology.topology()->edges.at(1).expected);  // as learned: it was new
    SECTION("another edge is") {
        s.edge(edge("a", "b"), 3).edge(edge("a", "c"), 2).edge(edge("a", "e"), 1);
        CHECK(tick(45, planned).findings.at(0).value == 1);
    }
    SECTION("once it no longer holds and the edge is used") {
        s.edge(edge("a", "b"), 4).edge(edge("a", "c"), 1);
        CHECK(tick(45, nullptr).findings.empty());
        s.edge(edge("a", "b"), 5).edge(edge("a", "c"), 2);
        CHECK(tick(50, nullptr).findings.at(0).evidence.notes.size() == 1);
    }
    SECTION("after it was told: it is no longer, until it no longer holds") {
        s.edge(edge("a", "b"), 4).edge(edge("a", "c"), 2).edge(edge("a", "d"), 1);
        CHECK(tick(45, nullptr).findings.at(0).value == 2);
        s.edge(edge("a", "b"), 4).edge(edge("a", "c"), 2).edge(edge("a", "d"), 1);
        CHECK(tick(50, planned).findings.empty());
        s.edge(edge("a", "b"), 4).edge(edge("a", "c"), 3).edge(edge("a", "d"), 1);
        CHECK(tick(55, nullptr).findings.at(0).value == 1);
    }
}

TEST_CASE("an edge that an operator calls unexpected is told whenever it is used, learned or not") {
    auto topology = detector();
    auto s = learned(topology);
    const auto wrong = said(false, R"(destination_workload="b")");
    const auto tick = [&](double now, double total) {
        auto snapshot = s.edge(edge("a", "b"), total).tick(now);
        snapshot.expectations = wrong;
        return topology.inspect(snapshot);
    };
    CHECK(tick(40, 2).findings.empty());  // not used
    auto found = tick(45, 3);
    REQUIRE(names(found) == std::vector<std::string>{"tcp-new-edge"});
    CHECK_THAT(found.findings[0].evidence.notes.at(0), Catch::Matchers::Contains("called unexpected by payments"));
    CHECK(found.findings[0].value == 1);
    CHECK(tick(3600, 4).findings.at(0).value == 1);
    CHECK(tick(7000, 4).findings.size() == 1);
    CHECK(tick(7300, 4).findings.empty());
}

TEST_CASE("the silence of an edge that is expected is not told") {
    auto topology = detector();
    auto s = learned(topology);
    double total = 2, other = 100, now = 31;
    for (; now < 100; now += 5)
        topology.inspect(s.edge(edge("a", "b"), ++total).edge(edge("c", "d"), ++other).tick(now));
    const auto planned = said(true, R"(source_workload="a")");
    const auto vanished = [&](double until, std::shared_ptr<const Expectations> expectations) {
        Inspection last;
        for (; now < until; now += 5) {
            auto snapshot = s.edge(edge("a", "b"), total).edge(edge("c", "d"), ++other).tick(now);
            snapshot.expectations = expectations;
            last = topology.inspect(snapshot);
        }
        const auto all = names(last);
        return std::count(all.begin(), all.end(), "topology-vanished");
    };
    CHECK(vanished(500, planned) == 0);
    CHECK(vanished(520, nullptr) == 1);
    CHECK(vanished(540, planned) == 0);
    CHECK(vanished(560, nullptr) == 1);
}

TEST_CASE("a state that kept no presences is read as one presence, and the graph is there before the first reading") {
    auto topology = detector();
    const auto old =
        R"({"version":1,"edges":"[[{\"source_workload\":\"a\",\"destination_workload\":\"b\"},1000,61000,9,1.0,2.0,12,true]]",)"
        R"("callers":[],"learning_until":1700000030000})";
    REQUIRE(topology.load(old));
    REQUIRE(topology.topology()->edges.size() == 1);
    CHECK(topology.topology()->at == Time(Duration(61000)));
    auto s = learned(topology);
    auto copy = detector();
    REQUIRE(copy.load(topology.save()));
    REQUIRE(copy.topology()->edges.size() == 2);
    CHECK(copy.topology()->at == topology.topology()->at);
    CHECK(copy.topology()->kept_since == at(0));
    CHECK(std::ranges::any_of(copy.topology()->edges, [](const TopologyEdge& each) {
        return each.since == from_epoch_seconds(1) && each.events == 120;
    }));
}

TEST_CASE("the state moves to another detector, bit for bit, and hostile bytes are refused") {
    auto topology = detector();
    auto s = learned(topology);
    s.edge(edge("a", "b"), 3).edge(edge("a", "c"), 1);
    topology.inspect(s.tick(40));
    const auto bytes = topology.save();
    auto copy = detector();
    const auto loaded = copy.load(bytes);
    INFO((loaded ? std::string() : loaded.error().message));
    REQUIRE(loaded);
    CHECK(copy.save() == bytes);
    s.edge(edge("a", "b"), 4);
    const auto next = s.tick(50);
    CHECK(names(copy.inspect(next)) == names(topology.inspect(next)));
    for (std::size_t length = 1; length + 1 < bytes.size(); length += 7) {
        auto broken = detector();
        CHECK_FALSE(broken.load(bytes.substr(0, length)));
    }
    CHECK_FALSE(detector().load(R"({"version":99})"));
}

TEST_CASE("refusals that are told late are told, those of the time before are not") {
    auto topology = detector();
    auto s = learned(topology);
    topology.inspect(s.silent("authz_denials").tick(40));
    s.count("authz_denials", edge("scanner", "b"), 38, 3);
    const auto found = topology.inspect(s.tick(41));
    REQUIRE(names(found) == std::vector<std::string>{"authz-new-caller"});
    CHECK(found.findings[0].value == 3);
    auto again = detector();
    REQUIRE(again.load(topology.save()));
    s.count("authz_denials", edge("scanner", "b"), 39, 4).count("authz_denials", edge("other", "b"), 43, 1);
    const auto next = again.inspect(s.tick(44));
    REQUIRE(next.findings.size() == 2);
    CHECK(next.findings[0].value + next.findings[1].value == 4);
}

TEST_CASE("a target that has failed for long is no outage after a restart either") {
    Edges before(10);
    double total = 100;
    int now = 0;
    const auto read = [&](Edges& edges, double count) {
        double events = 0;
        for (const auto& moved : edges.observe({{edge("a", "b"), count}}, at(now += 60), 1)) events += moved.events;
        return events;
    };
    for (int i = 0; i < 100; ++i) read(before, total += 10);
    Edges after(10);
    after.load(before.save());
    after.observed(*before.observed_at());
    CHECK(read(after, total = 5) == 0);  // its pods were replaced
    CHECK(read(after, total += 10) == 10);
}

TEST_CASE("an outage goes on after a restart") {
    Edges before(10);
    const auto read = [](Edges& edges, double seconds, double count, std::size_t failing) {
        double events = 0;
        for (const auto& moved : edges.observe({{edge("a", "b"), count}}, at(seconds), failing)) events += moved.events;
        return events;
    };
    read(before, 60, 1000, 0);
    read(before, 120, 1010, 0);
    CHECK(read(before, 180, 10, 1) == 0);
    Edges after(10);
    after.load(before.save());
    after.observed(*before.observed_at());
    CHECK(read(after, 240, 1020, 0) == 10);
}

TEST_CASE("memory is bounded: the longest unseen edges are forgotten and counted") {
    Edges edges(10);
    for (int i = 0; i < 50; ++i) edges.observe({{edge("a", "d" + std::to_string(i)), 1}}, at(i), 0);
    CHECK(edges.all().size() == 10);
    CHECK(edges.forgotten() == 40);
    CHECK(edges.all().contains(edge_key(edge("a", "d49"))));
}

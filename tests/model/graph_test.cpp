// The graph at any time, what changed between two, and what operators may say of it.
#include "model/graph.hpp"

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

const Time start = parse_rfc3339("2026-01-01T00:00:00Z").value();

TopologyEdge presence(const std::string& destination, Time since, Time last_seen,
                      const std::string& mtls = "mutual_tls") {
    TopologyEdge edge;
    edge.labels = {{"source_namespace", "shop"},
                   {"source_workload", "web"},
                   {"destination_namespace", destination == "ledger" ? "pay" : "shop"},
                   {"destination_workload", destination},
                   {"protocol", "http"}};
    edge.first_seen = start;
    edge.since = since;
    edge.last_seen = last_seen;
    edge.rate = 7;
    edge.events = to_epoch_seconds(last_seen) - to_epoch_seconds(since);
    edge.mtls = mtls;
    return edge;
}

// cart: always there. ledger: the first hour, then again since 10h, in plaintext. new: since 20h. Now: 24h.
Topology world() {
    Topology now;
    now.at = start + 24h;
    now.kept_since = start;
    now.edges = {presence("cart", start, start + 24h), presence("ledger", start + 10h, start + 24h, "none"),
                 presence("new", start + 20h, start + 21h)};
    now.edges[2].first_seen = start + 20h;
    now.edges[2].expected = false;
    now.ended = {presence("ledger", start, start + 1h)};
    return now;
}

GraphQuestion question(std::optional<Time> at = {}, std::optional<Time> from = {}, bool cross_namespace = false) {
    return {.at = at, .from = from, .cross_namespace = cross_namespace, .now = start + 24h};
}

std::vector<std::string> names(const Graph& graph) {
    std::vector<std::string> all;
    for (const auto& each : graph.edges) {
        auto name = std::string(each.edge.labels.get("destination_workload")) + (each.active ? "" : " silent");
        all.push_back(each.change.empty() ? name : each.change + " " + name);
    }
    return all;
}

using Names = std::vector<std::string>;

Expectation said(bool expected, const std::string& matcher, Time at, std::optional<Time> expires = {}) {
    Expectation said;
    said.expected = expected;
    said.match_text = {matcher};
    said.owner = "payments";
    said.note = "planned";
    said.created_at = at;
    said.expires_at = expires;
    said.match = {Matcher::parse(matcher).value()};
    return said;
}

}  // namespace

TEST_CASE("the graph at a time has what was known then, with the state of then") {
    const auto topology = world();
    CHECK(names(graph_of(topology, {}, question())) == Names{"ledger", "cart", "new silent"});
    CHECK(names(graph_of(topology, {}, question(start - 1h))).empty());

    const auto early = graph_of(topology, {}, question(start + 30min));
    REQUIRE(names(early) == Names{"ledger", "cart"});
    CHECK(early.at == start + 30min);
    CHECK(early.edges[0].edge.last_seen == start + 30min);
    CHECK(early.edges[0].edge.mtls == "mutual_tls");
    CHECK(early.edges[0].edge.rate == 1);  // the mean of that presence, not of now

    const auto between = graph_of(topology, {}, question(start + 5h));
    CHECK(names(between) == Names{"ledger silent", "cart"});
    CHECK(between.edges[0].edge.last_seen == start + 1h);

    const auto late = graph_of(topology, {}, question(start + 48h));
    CHECK(late.at == start + 24h);
    CHECK(late.edges[0].edge.rate == 7);
    CHECK(late.edges[0].edge.mtls == "none");
}

TEST_CASE("what was saved and what is not yet are one past, whichever is given twice") {
    auto topology = world();
    TopologyPast past;
    past.presences = topology.ended;
    CHECK(names(graph_of(topology, past, question(start + 5h))) == Names{"ledger silent", "cart"});
    topology.ended.clear();
    CHECK(names(graph_of(topology, past, question(start + 5h))) == Names{"ledger silent", "cart"});
    CHECK(graph_of(topology, past, question()).complete_since == start);
    past.erased_until = start + 2h;
    CHECK(graph_of(topology, past, question()).complete_since == start + 2h);
}

TEST_CASE("a difference has what was added, fell silent, came back and is otherwise protected") {
    const auto topology = world();
    CHECK(names(graph_of(topology, {}, question({}, start + 5h))) == Names{"returned ledger", "added new silent"});
    CHECK(names(graph_of(topology, {}, question(start + 5h, start))) == Names{"vanished ledger silent"});
    CHECK(names(graph_of(topology, {}, question({}, start + 30min))) == Names{"changed ledger", "added new silent"});
    CHECK(names(graph_of(topology, {}, question(start + 24h, start + 23h))).empty());
    CHECK(graph_of(topology, {}, question({}, start + 5h)).from == start + 5h);
}

TEST_CASE("an operator's word overrules what was learned, while it holds, the newest first") {
    const auto topology = world();
    TopologyPast past;
    past.expectations = {said(false, R"(source_workload="web")", start + 1h, start + 8h),
                         said(true, R"(destination_workload="ledger")", start + 2h)};
    const auto now = graph_of(topology, past, question());
    CHECK(now.edges[0].declared->owner == "payments");
    CHECK_FALSE(now.edges[1].declared);
    CHECK_FALSE(now.edges[2].expected);
    const auto then = graph_of(topology, past, question(start + 5h));
    CHECK(then.edges[0].expected);
    CHECK_FALSE(then.edges[1].expected);
    CHECK_FALSE(graph_of(topology, past, question(start + 30min)).edges[0].declared);
    CHECK(names(graph_of(topology, past, question({}, start + 5h))) ==
          Names{"returned ledger", "changed cart", "added new silent"});
}

TEST_CASE("across namespaces: what is not known is not the same") {
    auto topology = world();
    CHECK(names(graph_of(topology, {}, question({}, {}, true))) == Names{"ledger"});
    topology.edges[0].labels.set("source_namespace", "");
    CHECK(names(graph_of(topology, {}, question({}, {}, true))) == Names{"cart", "ledger"});
}

TEST_CASE("a graph is bounded: the least recently seen edges are left out, and that is said") {
    Topology topology;
    topology.at = start + 1000h;
    for (std::size_t i = 0; i <= most_edges_shown; ++i)
        topology.edges.push_back(presence("d" + std::to_string(i), start, start + std::chrono::seconds(i)));
    const auto graph = graph_of(topology, {}, question());
    CHECK(graph.truncated);
    REQUIRE(graph.edges.size() == most_edges_shown);
    CHECK(std::ranges::none_of(
        graph.edges, [](const GraphEdge& each) { return each.edge.labels.get("destination_workload") == "d0"; }));
}

TEST_CASE("of several Prometheuses the one that saw an edge last is believed") {
    Topology one, two;
    one.at = two.at = start + 24h;
    one.edges = {presence("cart", start + 2h, start + 3h)};
    two.edges = {presence("cart", start, start + 24h)};
    one.learning_cause = "learning";
    one.edges_forgotten = 2;
    two.edges_forgotten = 3;
    for (const bool first : {true, false}) {
        const auto a = std::make_shared<const Topology>(first ? one : two);
        const auto b = std::make_shared<const Topology>(first ? two : one);
        const auto both = merged({a, b});
        CHECK(names(graph_of(both, {}, question())) == Names{"cart"});
        CHECK(graph_of(both, {}, question()).edges.at(0).edge.last_seen == start + 24h);
        CHECK(both.learning_cause == "learning");
        CHECK(both.edges_forgotten == 5);
    }
}

TEST_CASE("nobody says something of no edge, of every edge, without a reason, or of what is past") {
    const auto flaw = [](Expectation said) { return checked(std::move(said), start).error().message; };
    const auto good = said(true, R"(source_workload="a")", start);
    CHECK(checked(good, start)->match.size() == 1);
    auto bad = good;
    bad.match_text = {};
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("1 to 16"));
    bad.match_text = {R"(source_workload=~".*")"};
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("every edge"));
    for (const std::vector<std::string>& most :
         {std::vector<std::string>{R"(source_workload=~".+")"}, {R"(destination_workload=~".*.")"},
          {R"(protocol=~"tcp|http|grpc")"}, {R"(mtls="mutual_tls")"}, {R"(source_workload!="web")"},
          {R"(source_principal=~"spiffe://.*")"}, {R"(source_namespace=~".+")", R"(protocol="tcp")"}}) {
        bad.match_text = most;
        CAPTURE(most.front());
        CHECK_THAT(flaw(bad), Catch::Matchers::Contains("every edge"));
    }
    for (const std::vector<std::string>& few :
         {std::vector<std::string>{R"(source_workload=~"web|cart")"}, {R"(destination_namespace="kube-system")"},
          {R"(source_workload=~".+")", R"(destination_workload="ledger")"}, {R"(source_workload=~"job-.*")"}}) {
        bad.match_text = few;
        CAPTURE(few.front());
        CHECK(checked(bad, start).has_value());
    }
    bad.match_text = {R"(sorce_workload="a")"};
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("no edge has a label sorce_workload"));
    bad.match_text = {"source_workload"};
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("match: "));
    bad = good;
    bad.note.clear();
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("note"));
    bad = good;
    bad.expires_at = start;
    CHECK_THAT(flaw(bad), Catch::Matchers::Contains("still to come"));
}

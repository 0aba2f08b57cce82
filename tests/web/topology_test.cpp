#include "tests/web/api.hpp"
#include "web/graph_formats.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using Catch::Matchers::Contains;
using web::Method;

namespace {

Graph hostile_graph() {
    Topology topology;
    topology.at = from_epoch_seconds(1'767'225'600);
    TopologyEdge edge;
    edge.labels = {{"source_namespace", "a\"b\\"},
                   {"source_workload", hostile + "\x1b[2J"},
                   {"destination_workload", "]]>&'\xff\xe2\x80\xae"},
                   {"protocol", "\"];\n"}};
    edge.first_seen = edge.since = edge.last_seen = topology.at;
    topology.edges = {edge};
    return graph_of(topology, {}, {.at = {}, .from = {}, .cross_namespace = false, .now = topology.at});
}

}  // namespace

TEST_CASE("topology: nodes once, edges known at a time") {
    Api api;
    const auto now = api.get("/api/v1/topology");
    CHECK(now["edges"].size() == 3);
    CHECK(now["nodes"].size() == 4);
    CHECK(now["edges"][0]["source"] == "prod-eu/shop/cart");
    CHECK(now["edges"][0]["expected"] == false);
    CHECK(now["edges"][0]["cross_namespace"] == true);
    CHECK(now["edges"][0]["justification"].is_null());
    const auto before = api.get("/api/v1/topology?at=2025-12-31T12:00:00Z");
    CHECK(before["edges"].size() == 2);
    CHECK(before["at"] == "2025-12-31T12:00:00.000Z");
    api.get("/api/v1/topology?at=then", 400);
    api.get("/api/v1/topology?format=svg", 400);
    api.get("/api/v1/topology?cross_namespace=perhaps", 400);
}

TEST_CASE("topology: what changed between two times") {
    Api api;
    const auto changed = api.get("/api/v1/topology/diff?from=2025-12-31T12:00:00Z");
    REQUIRE(changed["edges"].size() == 1);
    CHECK(changed["edges"][0]["change"] == "added");
    CHECK(changed["from"] == "2025-12-31T12:00:00.000Z");
    CHECK(changed["to"] == "2026-01-01T00:00:00.000Z");
    CHECK(api.get("/api/v1/topology/diff?from=2025-12-31T12:00:00Z&to=2025-12-31T13:00:00Z")["edges"].empty());
    api.get("/api/v1/topology/diff", 400);
    const auto turned = api.get("/api/v1/topology/diff?from=2026-01-01T00:00:00Z&to=2025-12-31T12:00:00Z");
    CHECK(turned["from"] == "2025-12-31T12:00:00.000Z");
    CHECK(turned["edges"] == changed["edges"]);
}

TEST_CASE("topology: as DOT and GraphML, with types of their own") {
    Api api;
    const auto dot = api.ask(Method::get, "/api/v1/topology?format=dot");
    CHECK(dot.content_type == "text/vnd.graphviz; charset=utf-8");
    CHECK_THAT(dot.body, Contains("n0 -> n1 [label=\"tcp 0.2/s\"") && Contains("color=red"));
    const auto graphml = api.ask(Method::get, "/api/v1/topology?format=graphml&cross_namespace=true");
    CHECK(graphml.content_type == "application/graphml+xml; charset=utf-8");
    CHECK_THAT(graphml.body, Contains("<data key=\"mtls\">none</data>"));
}

TEST_CASE("topology: hostile names stay text in every form") {
    const auto graph = hostile_graph();
    const auto dot = web::to_dot(graph);
    CHECK(std::ranges::count(dot, '\n') == 6);  // a name cannot begin a line
    CHECK_THAT(dot, Contains(R"(label="a\"b\\/<img src=x onerror=\"document)"));
    const auto xml = web::to_graphml(graph);
    CHECK_THAT(xml, !Contains("<img") && Contains("&lt;img src=x onerror=&quot;") && Contains("]]&gt;&amp;&apos;"));
    for (const auto& text : {dot, xml}) {
        CHECK(text.find('\x1b') == text.npos);
        CHECK(text.find("\xe2\x80\xae") == text.npos);  // right to left
        CHECK(text.find('\xff') == text.npos);
    }
    CHECK(web::printable("gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x90\x9f") == "gr\xc3\xbc\xc3\x9f" "e \xf0\x9f\x90\x9f");
    CHECK(web::printable("a\xc2\x9b" "b\x7f") == "a\xef\xbf\xbd" "b\xef\xbf\xbd");
}

TEST_CASE("expectations: said, shown on the edges, and withdrawn") {
    Api api;
    const auto said = api.post(
        "/api/v1/expectations",
        R"({"match":["source_workload=\"cart\""],"note":"the nightly report","expires_at":"2026-02-01T00:00:00Z"})",
        201);
    CHECK(said["expected"] == true);
    CHECK(said["created_by"] == "anonymous");
    CHECK(said["owner"] == "anonymous");
    CHECK(said["expires_at"] == "2026-02-01T00:00:00.000Z");
    CHECK(api.get("/api/v1/expectations")["expectations"].size() == 1);
    const auto edge = api.get("/api/v1/topology")["edges"][0];
    CHECK(edge["expected"] == true);
    CHECK(edge["justification"]["note"] == "the nightly report");

    const auto path = "/api/v1/expectations/" + said["id"].get<std::string>();
    const auto ended = api.ask(Method::del, path);
    CHECK(ended.status == 200);
    CHECK(nlohmann::json::parse(ended.body)["ended_by"] == "anonymous");
    CHECK(api.ask(Method::del, path).status == 200);
    CHECK(api.ask(Method::del, "/api/v1/expectations/none").status == 404);
    CHECK(api.get("/api/v1/expectations")["expectations"].empty());
    CHECK(api.get("/api/v1/expectations?all=true")["expectations"].size() == 1);
    CHECK(api.get("/api/v1/topology")["edges"][0]["expected"] == false);

    const auto events = api.ask(Method::get, "/api/v1/events?last_event_id=1").body;
    CHECK_THAT(events, Contains("event: expectation_declared") && Contains("\"incident\":null") &&
                           Contains("event: expectation_withdrawn"));
    CHECK(api.store->verify()->whole);
}

TEST_CASE("expectations: what is wrong is named, and changes nothing") {
    Api api;
    for (const auto* body :
         {"", "[]", R"({"match":"a"})", R"({"match":[7],"note":"x"})", R"({"match":[],"note":"x"})",
          R"({"match":["source_workload=~\".*\""],"note":"x"})", R"({"match":["source_workload=\"a\""]})",
          R"({"match":["source_workload=\"a\""],"note":"x","expected":1})",
          R"({"match":["source_workload=\"a\""],"note":"x","expires_at":"2020-01-01T00:00:00Z"})"})
        api.post("/api/v1/expectations", body, 400);
    CHECK(api.post("/api/v1/expectations", R"({"match":["source_workload=\"a\""],"note":"x","expird_at":"2027-01-01T00:00:00Z"})",
                   400)["detail"] ==
          "expird_at: unknown key, expected one of match, note, expected, owner, expires_at");
    CHECK(api.get("/api/v1/expectations?all=true")["expectations"].empty());
    CHECK(api.ask(Method::del, "/api/v1/expectations/1", {}, {{"origin", "https://evil.example"}}).status == 403);
    CHECK(header_of(api.ask(Method::del, "/api/v1/expectations"), "Allow") == "GET, HEAD, POST");
}

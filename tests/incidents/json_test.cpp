// The JSON of incidents is the interface's, name by name.
#include <nlohmann/json.hpp>

#include "incidents/json.hpp"
#include "incidents/record.hpp"
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using nlohmann::json;

namespace {

Known known() {
    World world;
    auto found = finding({.value = 40});
    found.kind = IncidentKind::policy;
    found.window = 90s;
    world.see(tick(1s, {found}));
    return world.known();
}

}  // namespace

TEST_CASE("json: an incident has exactly the interface's fields") {
    auto expected = json::parse(R"({
      "episode": 1, "rule": "authz-denials", "kind": "policy", "severity": "high",
      "state": "open", "flapping": false, "late": false, "blind": false,
      "labels": {"destination_service": "ledger", "team": "payments"},
      "summary": "requests to ledger were denied", "action": "Investigate the source service", "runbook_url": "",
      "techniques": ["T1078"], "value": 40, "threshold": 10, "window": "1m30s", "findings": 1,
      "started_at": "2025-12-31T23:59:50.000Z", "opened_at": "2026-01-01T00:00:01.000Z",
      "updated_at": "2026-01-01T00:00:01.000Z", "resolved_at": null, "resolve_reason": null,
      "acknowledged_at": null, "acknowledged_by": null, "assignee": null, "version": 1})");
    const auto incident = known().incident;
    expected["id"] = incident.id;
    expected["fingerprint"] = incident.fingerprint;
    CHECK(to_json(incident) == expected);
    CHECK(to_json(incident)["value"].dump() == "40");
}

TEST_CASE("json: what is set is there") {
    auto incident = known().incident;
    incident.resolved_at = incident.acknowledged_at = start;
    incident.resolve_reason = "user";
    incident.acknowledged_by = incident.assignee = "alice";
    incident.value = 0.25;
    const auto object = to_json(incident);
    CHECK(object["resolved_at"] == "2026-01-01T00:00:00.000Z");
    CHECK(object["acknowledged_at"] == "2026-01-01T00:00:00.000Z");
    CHECK(object["resolve_reason"] == "user");
    CHECK(object["acknowledged_by"] == "alice");
    CHECK(object["assignee"] == "alice");
    CHECK(object["value"] == 0.25);
}

TEST_CASE("json: evidence and timeline as in the interface") {
    auto evidence = finding({}).evidence;
    evidence.series[0].points = {{Time(1700000000123ms), 12}};
    CHECK(to_json(evidence) == json::parse(R"({
      "taken_at": "2026-01-01T00:00:00.000Z", "rule": {"threshold": "10", "window": "1m"},
      "series": [{"metric": {"__name__": "istio_requests_total", "pod": "a"}, "points": [[1700000000.123, 12]],
                  "increment": 12}],
      "top_sources": [{"labels": {"source_workload": "web"}, "value": 12}],
      "notes": ["the mesh itself refused 12 of them"], "truncated": false})"));
    const Event event{.seq = 7, .incident = "x", .at = start, .kind = EventKind::acknowledged, .by = "", .note = "n",
                      .hash = "ab"};
    CHECK(to_json(event) == json::parse(R"({"seq": 7, "at": "2026-01-01T00:00:00.000Z", "event": "acknowledged",
                                            "by": null, "note": "n", "hash": "ab"})"));
}

TEST_CASE("json: a record read back is the same record") {
    auto original = known();
    original.incident.told = {"a", "b"};
    original.incident.resolved_at = start + 5s;
    original.incident.reopened = 2;
    original.incident.last_notice_at = start + 3s;
    original.seen_by = {"main", "second"};
    original.marked = 17.5;
    const auto record = record_of(original);
    CHECK(record_of(known_of(parse_record(dump(record)))) == record);
    const auto evidence = to_json(finding({}).evidence);
    CHECK(to_json(evidence_of(parse_record(dump(evidence)))) == evidence);
}

TEST_CASE("json: text is cut between characters") {
    CHECK(clean_text("abc", 500) == "abc");
    CHECK(clean_text("a\xc3\xa9", 2) == "a");
    CHECK(clean_text("a\xc3\xa9z", 3) == "a\xc3\xa9");
    CHECK(clean_text("\x80\x80\x80", 2).empty());
}

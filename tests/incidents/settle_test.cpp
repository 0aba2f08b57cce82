// Every reason for which an incident opens, goes on, reopens, resolves, or is told again; each by its name.
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

Tick elsewhere(Tick tick) {
    tick.prometheus = "second";
    return tick;
}

Finding live(double value = 12, Time crossed_at = start) {
    return finding({.value = value, .crossed_at = crossed_at});
}

Finding ended(Time crossed_at, Time ended_at) {
    return finding({.crossed_at = crossed_at, .ended_at = ended_at, .calm_since = ended_at});
}

}  // namespace

TEST_CASE("settle: the first finding opens") {
    World world;
    CHECK(world.see(tick(1s, {live()})) == "opened(opened secops)");
    const auto& incident = world.only();
    CHECK(incident.episode == 1);
    CHECK(incident.state == IncidentState::open);
    CHECK(incident.started_at == start - 10s);
    CHECK(incident.opened_at == start + 1s);
    CHECK(incident.told == std::vector<std::string>{"secops"});
    CHECK(incident.version == 1);
    CHECK_FALSE(incident.late);
    CHECK_FALSE(incident.blind);
    REQUIRE(world.changes().at(0).fired);
    CHECK(world.changes().at(0).fired->evidence.series.size() == 1);
}

TEST_CASE("settle: the same finding again changes nothing") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(6s, {live()})).empty());
    CHECK(world.changes().empty());
    CHECK(world.only().version == 1);
}

TEST_CASE("settle: quiet resolves and tells those who were told") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(6s, {})) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "quiet");
    CHECK(world.only().resolved_at == start + 6s);
    CHECK(world.see(tick(11s, {})).empty());
}

TEST_CASE("settle: a finding that has ended resolves") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(6s, {ended(start, start + 4s)})) == "resolved(resolved secops)");
}

TEST_CASE("settle: calm for less than the reopen window reopens the same incident") {
    World world;
    world.see(tick(1s, {live()}));
    const auto before = world.only();
    world.see(tick(6s, {}));
    CHECK(world.see(tick(29min, {live(20, start + 28min)})) == "reopened(opened secops)");
    CHECK(world.only().id == before.id);
    CHECK(world.only().fingerprint == before.fingerprint);
    CHECK(world.only().state == IncidentState::open);
    CHECK_FALSE(world.only().resolved_at);
    CHECK(world.only().resolve_reason.empty());
    CHECK(world.only().value == 20);
    CHECK(world.only().findings == 2);
    CHECK(world.changes().at(0).fired);
}

TEST_CASE("settle: calm for longer is a new episode") {
    World world;
    world.see(tick(1s, {live()}));
    const auto before = world.only();
    world.see(tick(6s, {}));
    CHECK(world.see(tick(30min + 6s, {live(20, start + 30min)})) == "opened(opened secops)");
    CHECK(world.only().episode == 2);
    CHECK(world.only().id > before.id);
    CHECK(world.only().fingerprint != before.fingerprint);
    CHECK(world.only().subject_key == before.subject_key);
    CHECK(world.changes().at(0).is_new);
}

TEST_CASE("settle: three reopenings are flapping, a new episode is not") {
    World world;
    world.see(tick(0s, {live()}));
    for (int i = 1; i <= 3; ++i) {
        CHECK_FALSE(world.only().flapping);
        world.see(tick(i * 1min, {}));
        world.see(tick(i * 1min + 30s, {live(12, start + i * 1min + 20s)}));
    }
    CHECK(world.only().reopened == 3);
    CHECK(world.only().flapping);
    world.see(tick(5min, {}));
    world.see(tick(60min, {live(12, start + 60min)}));
    CHECK_FALSE(world.only().flapping);
}

TEST_CASE("settle: what had ended before it was seen opens and resolves in one tick, late") {
    World world;
    CHECK(world.see(tick(2min, {ended(start, start + 30s)})) == "opened(opened secops) resolved(resolved secops)");
    CHECK(world.only().late);
    const auto& steps = world.changes().at(0).steps;
    CHECK(steps.at(0).after.state == IncidentState::open);
    CHECK(steps.at(1).after.state == IncidentState::resolved);
    CHECK(world.see(tick(2min + 5s, {})).empty());
}

TEST_CASE("settle: late with keep_firing_for stays open until the rule stops") {
    World world;
    auto calm = finding({.calm_since = start + 20s});
    CHECK(world.see(tick(1min, {calm})) == "opened(opened secops)");
    CHECK(world.only().late);
    calm.ended_at = start + 2min;
    CHECK(world.see(tick(2min, {calm})) == "resolved(resolved secops)");
    CHECK(world.only().late);
}

TEST_CASE("settle: calm after it opened is not late") {
    World world;
    world.see(tick(1s, {live()}));
    world.see(tick(20s, {finding({.calm_since = start + 18s})}));
    CHECK_FALSE(world.only().late);
}

TEST_CASE("settle: an ended finding is settled once") {
    World world;
    world.see(tick(2min, {ended(start, start + 30s)}));
    CHECK(world.see(tick(2min + 5s, {ended(start, start + 30s)})).empty());
    CHECK(world.see(elsewhere(tick(2min + 6s, {ended(start + 1s, start + 31s)}))).empty());
}

TEST_CASE("settle: two bursts between two looks are one incident with two findings") {
    World world;
    auto second = finding({.value = 40, .crossed_at = start + 60s});
    CHECK(world.see(tick(2min, {ended(start, start + 20s), second})) == "opened(opened secops)");
    CHECK(world.only().findings == 2);
    CHECK(world.only().value == 40);
    CHECK(world.only().started_at == start - 10s);
}

TEST_CASE("settle: what a user resolved stays resolved while the same crossing lasts") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.act(EventKind::resolved, 10s) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "user");
    CHECK(world.see(tick(15s, {live(50)})).empty());
    CHECK(world.see(tick(20min, {live(50)})).empty());
    CHECK(world.see(tick(60min, {live(50)})).empty());
}

TEST_CASE("settle: a new crossing after a user resolved it reopens, later is a new episode") {
    World world;
    world.see(tick(1s, {live()}));
    world.act(EventKind::resolved, 10s);
    CHECK(world.see(tick(1min, {live(12, start + 50s)})) == "reopened(opened secops)");
    world.act(EventKind::resolved, 2min);
    CHECK(world.see(tick(60min, {live(12, start + 59min)})) == "opened(opened secops)");
    CHECK(world.only().episode == 2);
}

TEST_CASE("settle: a higher value moves the projection, a doubled one is an event") {
    World world;
    world.see(tick(1s, {live(12)}));
    CHECK(world.see(tick(6s, {live(23)})).empty());
    CHECK(world.only().value == 23);
    CHECK(world.only().version == 2);
    CHECK(world.see(tick(11s, {live(24)})) == "peaked");
    CHECK(world.see(tick(16s, {live(47)})).empty());
    CHECK(world.see(tick(21s, {live(48)})) == "peaked");
    CHECK(world.see(tick(26s, {live(13)})).empty());
    CHECK(world.only().value == 48);
}

TEST_CASE("settle: labels, summary and evidence stay those of fire time") {
    World world;
    world.see(tick(1s, {live(12)}));
    auto later = live(40);
    later.labels.set("team", "others");
    later.summary = "other words";
    world.see(tick(6s, {later}));
    CHECK(world.only().labels.get("team") == "payments");
    CHECK(world.only().summary == "requests to ledger were denied");
    CHECK_FALSE(world.changes().at(0).fired);
}

TEST_CASE("settle: a rising severity escalates, a falling one does not") {
    World world;
    world.see(tick(1s, {live()}));
    auto critical = live();
    critical.severity = Severity::critical;
    CHECK(world.see(tick(6s, {critical})) == "escalated(escalated oncall secops)");
    CHECK(world.only().told == std::vector<std::string>{"oncall", "secops"});
    CHECK(world.see(tick(11s, {live()})).empty());
    CHECK(world.only().severity == Severity::critical);
    CHECK(world.see(tick(16s, {})) == "resolved(resolved oncall secops)");
}

TEST_CASE("settle: an escalation also reaches whom the routes no longer name") {
    World world;
    world.see(tick(1s, {live()}));
    auto critical = live();
    critical.severity = Severity::critical;
    auto changed = options();
    changed.routes.pop_back();
    CHECK(world.see(tick(6s, {critical}), changed) == "escalated(escalated oncall secops)");
}

TEST_CASE("settle: an incident of a rule that was not judged is blind and never resolves") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(6s, {}, unjudged())) == "blinded");
    CHECK(world.changes().at(0).steps.at(0).note == "partial answer");
    CHECK(world.only().blind);
    CHECK(world.see(tick(11s, {}, unjudged())).empty());
    CHECK(world.see(tick(16s, {live()})) == "sighted");
    CHECK_FALSE(world.only().blind);
    CHECK(world.see(tick(21s, {}, unjudged())) == "blinded");
    CHECK(world.see(tick(26s, {})) == "sighted resolved(resolved secops)");
}

TEST_CASE("settle: a partial answer that still brings more is not blind, one that brings nothing new is") {
    World world;
    world.see(tick(1s, {live(12)}));
    CHECK(world.see(tick(6s, {live(14)}, unjudged())).empty());
    CHECK(world.see(tick(11s, {live(14)}, unjudged())) == "blinded");
    CHECK(world.see(tick(16s, {ended(start, start + 15s)}, unjudged())).empty());
    CHECK(world.only().state == IncidentState::open);
}

TEST_CASE("settle: a rule without any verdict was not judged") {
    World world;
    world.see(tick(1s, {live()}));
    auto silent = tick(6s, {});
    silent.rules.clear();
    silent.reachable = false;
    CHECK(world.see(silent) == "blinded");
    CHECK(world.only().state == IncidentState::open);
}

TEST_CASE("settle: a finding may itself be blind") {
    World world;
    auto hidden = live();
    hidden.blind = true;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(6s, {hidden})) == "blinded");
    CHECK(world.see(tick(11s, {live()})) == "sighted");
}

TEST_CASE("settle: incidents of another Prometheus are not touched") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(elsewhere(tick(6s, {}))).empty());
    CHECK(world.see(elsewhere(tick(6s, {}, unjudged()))).empty());
    CHECK(world.only().state == IncidentState::open);
}

TEST_CASE("settle: the same subject from a second Prometheus joins, and both must be quiet") {
    World world;
    world.see(tick(1s, {live(12)}));
    CHECK(world.see(elsewhere(tick(2s, {live(20, start + 1s)}))).empty());
    CHECK(world.only().findings == 2);
    CHECK(world.only().value == 20);
    CHECK(world.only().prometheus == "main");
    CHECK(world.see(tick(6s, {})).empty());
    CHECK(world.only().prometheus == "second");
    CHECK(world.see(tick(11s, {})).empty());
    CHECK(world.see(elsewhere(tick(12s, {}))) == "resolved(resolved secops)");
}

TEST_CASE("settle: where the first Prometheus went blind the second one's sight counts") {
    World world;
    world.see(tick(1s, {live()}));
    world.see(tick(6s, {}, unjudged()));
    CHECK(world.see(elsewhere(tick(7s, {live(12, start + 1s)}))) == "sighted");
    CHECK(world.see(tick(11s, {}, unjudged())).empty());
    CHECK(world.see(elsewhere(tick(12s, {}))).empty());
    CHECK(world.see(tick(16s, {}, unjudged())) == "blinded");
    CHECK(world.only().state == IncidentState::open);
}

TEST_CASE("settle: still open is told again after the repeat interval") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(4h, {live()})).empty());
    CHECK(world.see(tick(4h + 1s, {live()})) == "reminded(still_open secops)");
    CHECK(world.see(tick(4h + 6s, {live()})).empty());
    CHECK(world.see(tick(8h + 1s, {}, unjudged())) == "blinded reminded(still_open secops)");
}

TEST_CASE("settle: what is acknowledged is not told again, but resolves") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.act(EventKind::acknowledged, 10s) == "acknowledged");
    CHECK(world.see(tick(5h, {live()})).empty());
    CHECK(world.see(tick(5h + 5s, {})) == "resolved(resolved secops)");
}

TEST_CASE("settle: acknowledging is told to those targets that want it and were told") {
    World world;
    auto critical = live();
    critical.severity = Severity::critical;
    world.see(tick(1s, {critical}));
    CHECK(world.act(EventKind::acknowledged, 10s) == "acknowledged(acknowledged oncall)");
    CHECK(world.act(EventKind::acknowledged, 11s, "bob").empty());
    CHECK(world.only().acknowledged_by == "alice");
}

TEST_CASE("settle: a reopening takes the acknowledgement back") {
    World world;
    world.see(tick(1s, {live()}));
    world.act(EventKind::acknowledged, 10s);
    world.see(tick(20s, {}));
    CHECK(world.see(tick(40s, {live(12, start + 30s)})) == "reopened(opened secops)");
    CHECK(world.only().state == IncidentState::open);
    CHECK_FALSE(world.only().acknowledged_at);
}

TEST_CASE("settle: routes that changed between opening and resolving") {
    World world;
    auto later = options();
    later.routes = {{.match_text = {}, .match = {}, .targets = {"others"}, .goes_on = false}};
    world.see(tick(1s, {live()}));
    CHECK(world.see(tick(4h + 1s, {live()}), later) == "reminded(still_open secops)");
    CHECK(world.see(tick(4h + 6s, {}), later) == "resolved(resolved secops)");
    CHECK(world.see(tick(4h + 60s, {live(12, start + 4h + 50s)}), later) == "reopened(opened others)");
    CHECK(world.see(tick(4h + 90s, {}), later) == "resolved(resolved others)");
}

TEST_CASE("settle: without routes nobody is told of anything") {
    World world;
    auto nobody = options();
    nobody.routes.clear();
    CHECK(world.see(tick(1s, {live()}), nobody) == "opened");
    CHECK(world.see(tick(5h, {live()}), nobody).empty());
    CHECK(world.see(tick(6h, {}), nobody) == "resolved");
}

TEST_CASE("settle: a rule that is gone resolves its incidents") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.retire({"authz-denials"}, 5s).empty());
    CHECK(world.retire({"mtls-failures"}, 10s) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "rule_removed");
    CHECK(world.retire({"mtls-failures"}, 15s).empty());
}

TEST_CASE("settle: the same input gives the same answer") {
    World one, other;
    one.see(tick(1s, {live()}));
    other.see(tick(1s, {live()}));
    CHECK(one.only().id == other.only().id);
    CHECK(one.only().id.size() == 24);
    CHECK(one.only().fingerprint.size() == 64);
}

TEST_CASE("act: comments and assignments are free, another version and a resolved incident are not") {
    World world;
    world.see(tick(1s, {live()}));
    const auto known = world.known();
    const auto act = [&](const Known& on, Action action) { return apply(on, action, start + 10s, options()); };
    const auto assigned = act(known, {.kind = EventKind::assigned, .note = "", .assignee = "bob", .by = "alice", .if_version = 1});
    REQUIRE(assigned);
    CHECK(assigned->next.incident.assignee == "bob");
    CHECK(assigned->next.incident.version == 2);
    CHECK(assigned->steps.at(0).by == "alice");
    const auto outdated = act(known, {.kind = EventKind::resolved, .note = "", .assignee = "", .by = "", .if_version = 7});
    REQUIRE_FALSE(outdated);
    CHECK(outdated.error() == ActionError::version_mismatch);
    world.act(EventKind::resolved, 20s);
    CHECK(world.act(EventKind::resolved, 21s) == "refused");
    CHECK(world.act(EventKind::acknowledged, 21s) == "refused");
    CHECK(world.act(EventKind::commented, 22s) == "commented");
}

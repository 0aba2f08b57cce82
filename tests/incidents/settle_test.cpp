// Every reason for which an incident opens, goes on, reopens and resolves; each by its name.
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

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

TEST_CASE("settle: what is resolved, or was settled in a part of the tick before, is not looked at without a finding") {
    World world;
    world.see(tick(1s, {live()}));
    auto later = tick(6s, {});
    later.settled_before = {world.only().subject_key};
    CHECK(settle({world.known()}, later, options()).empty());
    world.see(tick(11s, {}));
    CHECK(settle({world.known()}, tick(16s, {}), options()).empty());
    CHECK(settle({world.known()}, tick(16s, {}, unjudged()), options()).empty());
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
    world.see(tick(1s, {live(40)}));
    CHECK(world.act(EventKind::resolved, 10s) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "user");
    CHECK(world.see(tick(15s, {live(50)})).empty());
    CHECK(world.see(tick(20min, {live(50)})).empty());
    CHECK(world.see(tick(60min, {live(50)})).empty());
}

TEST_CASE("settle: what a user resolved comes back where it is more than that user saw") {
    struct Case {
        std::string name;
        Finding finding;
        std::string told;
    };
    const auto severe = [](Severity severity) { return finding({.value = 12, .severity = severity}); };
    auto grown_and_over = ended(start, start + 40s);
    grown_and_over.value = 1000;
    const std::vector<Case> cases{
        {"the same", live(12), ""},
        {"twice as high", live(24), ""},
        {"more than twice as high", live(25), "reopened(opened secops)"},
        {"a thousandfold, still of the crossing that was resolved", live(12'000), "reopened(opened secops)"},
        {"a thousandfold, and over before it was seen", grown_and_over,
         "reopened(opened secops) resolved(resolved secops)"},
        {"lower severity", severe(Severity::low), ""},
        {"higher severity", severe(Severity::critical), "reopened(opened oncall secops)"},
        {"crossed before it was resolved", live(12, start + 9s), ""},
        {"calm, then crossed again", live(12, start + 11s), "reopened(opened secops)"},
        {"over", ended(start, start + 40s), ""},
    };
    for (const auto& one : cases) {
        INFO(one.name);
        World world;
        world.see(tick(1s, {live(12)}));
        world.act(EventKind::resolved, 10s);
        CHECK(world.see(tick(1min, {one.finding})) == one.told);
        CHECK(world.see(tick(1min + 5s, {one.finding})).empty());
    }
}

TEST_CASE("settle: what grew long after a user resolved it is a new episode, begun after that") {
    World world;
    world.see(tick(1s, {live(12)}));
    world.act(EventKind::resolved, 10s);
    CHECK(world.see(tick(60min, {live(1000)})) == "opened(opened secops)");
    CHECK(world.only().episode == 2);
    CHECK(world.only().started_at == start + 10s);
    world.act(EventKind::resolved, 61min);
    CHECK(world.see(tick(62min, {live(2000)})).empty());
    CHECK(world.see(tick(63min, {live(2001)})) == "reopened(opened secops)");
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

TEST_CASE("settle: labels stay those of fire time, summary and evidence speak of the highest value") {
    World world;
    world.see(tick(1s, {live(12)}));
    auto later = live(40);
    later.labels.set("team", "others");
    later.summary = "40 requests";
    world.see(tick(6s, {later}));
    CHECK_FALSE(world.changes().at(0).fired);
    CHECK(world.changes().at(0).grown);
    auto falling = live(15);
    falling.summary = "15 requests";
    world.see(tick(11s, {falling}));
    CHECK(world.only().labels.get("team") == "payments");
    CHECK(world.only().summary == "40 requests");
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

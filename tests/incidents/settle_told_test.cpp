// Who is told again, of what people do, and by which routes.
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

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
    CHECK(world.retire({{"authz-denials"}, {"main"}, all_targets}, 5s).empty());
    CHECK(world.retire({{"mtls-failures"}, {"main"}, all_targets}, 10s) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "rule_removed");
    CHECK(world.retire({{"mtls-failures"}, {"main"}, all_targets}, 15s).empty());
}

TEST_CASE("settle: a Prometheus that is gone resolves what only it saw") {
    World world;
    world.see(tick(1s, {live()}));
    CHECK(world.retire({{"authz-denials"}, {"second"}, all_targets}, 5s) == "resolved(resolved secops)");
    CHECK(world.only().resolve_reason == "rule_removed");
    CHECK(world.changes().at(0).steps.at(0).note == "its Prometheus is no longer configured");
}

TEST_CASE("settle: what another Prometheus sees too goes on with that one") {
    World world;
    world.see(tick(1s, {live()}));
    world.see(elsewhere(tick(2s, {live()})));
    CHECK(world.retire({{"authz-denials"}, {"second"}, all_targets}, 5s).empty());
    CHECK(world.only().state == IncidentState::open);
    CHECK(world.only().prometheus == "second");
    CHECK(world.see(elsewhere(tick(6s, {}))) == "resolved(resolved secops)");
}

TEST_CASE("settle: a target that was renamed hears of what is open, and of its end") {
    World world;
    auto renamed = options();
    renamed.routes = {{.match_text = {}, .match = {}, .targets = {"sec"}, .goes_on = false}};
    const Configured configured{{"authz-denials"}, {"main"}, {"oncall", "sec"}};
    world.see(tick(1s, {live()}));
    CHECK(world.retire(configured, 5s, renamed) == "reminded(opened sec)");
    CHECK(world.only().told == std::vector<std::string>{"sec"});
    CHECK(world.changes().at(0).steps.at(0).note == "told to sec too, by the routes of now");
    CHECK(world.retire(configured, 6s, renamed).empty());
    CHECK(world.see(tick(10s, {}), renamed) == "resolved(resolved sec)");
}

TEST_CASE("settle: a target that was added hears of what nobody was told of, then as any other") {
    World world;
    auto before = options();
    before.routes.clear();
    CHECK(world.see(tick(1s, {live()}), before) == "opened");
    CHECK(world.retire({{"authz-denials"}, {"main"}, all_targets}, 5s) == "reminded(opened secops)");
    CHECK(world.see(tick(4h, {live()})).empty());
    CHECK(world.see(tick(4h + 5s, {live()})) == "reminded(still_open secops)");
    CHECK(world.see(tick(5h, {})) == "resolved(resolved secops)");
}

TEST_CASE("settle: a target that was removed and put back hears of what is open anew") {
    World world;
    auto nobody = options();
    nobody.routes.clear();
    world.see(tick(1s, {live()}));
    CHECK(world.retire({{"authz-denials"}, {"main"}, {}}, 5s, nobody).empty());
    CHECK(world.only().told.empty());
    CHECK(world.see(tick(5h, {live()}), nobody).empty());
    CHECK(world.retire({{"authz-denials"}, {"main"}, all_targets}, 6h) == "reminded(opened secops)");
}

TEST_CASE("settle: what a reload ends is told to the renamed target too, whatever is acknowledged") {
    World world;
    auto renamed = options();
    renamed.routes = {{.match_text = {}, .match = {}, .targets = {"sec"}, .goes_on = false}};
    world.see(tick(1s, {live()}));
    world.act(EventKind::acknowledged, 2s);
    CHECK(world.retire({{}, {"main"}, {"sec"}}, 5s, renamed) == "reminded(opened sec) resolved(resolved sec)");
    CHECK(world.retire({{}, {"main"}, {"other"}}, 6s, renamed).empty());
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
    const auto assigned =
        act(known, {.kind = EventKind::assigned, .assignee = "bob", .by = "alice", .if_version = 1});
    REQUIRE(assigned);
    CHECK(assigned->next.incident.assignee == "bob");
    CHECK(assigned->next.incident.version == 2);
    CHECK(assigned->steps.at(0).by == "alice");
    const auto outdated = act(known, {.kind = EventKind::resolved, .if_version = 7});
    REQUIRE_FALSE(outdated);
    CHECK(outdated.error() == ActionError::version_mismatch);
    world.act(EventKind::resolved, 20s);
    CHECK(world.act(EventKind::resolved, 21s) == "refused");
    CHECK(world.act(EventKind::acknowledged, 21s) == "refused");
    CHECK(world.act(EventKind::commented, 22s) == "commented");
}

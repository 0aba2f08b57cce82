// Blindness is never calm, and several Prometheus speak of one incident.
#include "tests/incidents/world.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

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

TEST_CASE("settle: a rule that is judged now and blind then does not write an event each time") {
    World world;
    world.see(tick(1s, {live()}));
    std::string events;
    for (int i = 1; i <= 200; ++i)
        events += world.see(tick(i * 5s, {live()}, i % 2 == 0 ? judged() : unjudged())) + " ";
    CHECK(std::ranges::count(events, 'b') == 2);  // blinded, sighted, blinded
    CHECK(world.only().blind);
    CHECK(world.only().version == 4);
    CHECK(world.see(tick(1005s, {live()})).empty());
    CHECK(world.see(tick(1059s, {live()})).empty());
    CHECK(world.see(tick(1060s, {live()})) == "sighted");
    CHECK_FALSE(world.only().blind);
}

TEST_CASE("settle: every relapse doubles how steadily it must be judged, calm in between forgets them") {
    World world;
    world.see(tick(0s, {live()}));
    auto now = 0s;
    const auto seconds_until_seen = [&] {
        CHECK(world.see(tick(now += 5s, {live()}, unjudged())) == "blinded");
        for (int waited = 0; waited < 3600; waited += 5)
            if (world.see(tick(now += 5s, {live()})) == "sighted") return waited;
        return -1;
    };
    CHECK(seconds_until_seen() == 0);
    CHECK(seconds_until_seen() == 60);
    CHECK(seconds_until_seen() == 120);
    now += 10min;
    CHECK(seconds_until_seen() == 0);
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

TEST_CASE("settle: a further crossing counts as a finding where it owns the incident, not where it joined") {
    World world;
    world.see(tick(1s, {live()}));
    world.see(elsewhere(tick(2s, {live(12, start + 1s)})));
    CHECK(world.only().findings == 2);
    CHECK(world.see(elsewhere(tick(20s, {live(12, start + 18s)}))).empty());
    CHECK(world.only().findings == 2);
    CHECK(world.see(tick(21s, {live(12, start + 19s)})).empty());
    CHECK(world.only().findings == 3);
    CHECK(world.see(tick(26s, {live(12, start + 19s)})).empty());
    CHECK(world.only().findings == 3);
}

TEST_CASE("settle: a Prometheus that does not see it any more has no say while another does") {
    World world;
    world.see(tick(1s, {live()}));
    auto known = world.known();
    known.seen_by = {"second"};
    CHECK(settle({known}, tick(6s, {}), options()).empty());
    known.seen_by.clear();
    CHECK(settle({known}, tick(6s, {}), options()).size() == 1);
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

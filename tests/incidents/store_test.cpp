// What every Store must do, in memory and on a file.
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

TEST_CASE("an incident opens, is told, resolves and is told again") {
    auto store = must(open_store("sqlite::memory:"));
    const auto opened = must(store->commit(tick(0s, {finding({})}), options()));
    REQUIRE(opened.changes.size() == 1);
    CHECK(opened.changes[0].first == EventKind::opened);
    CHECK(opened.notices == 1);
    const auto page = must(store->incidents({}));
    REQUIRE(page.incidents.size() == 1);
    const auto closed = must(store->commit(tick(5s, {}), options()));
    REQUIRE(closed.changes.size() == 1);
    CHECK(closed.changes[0].first == EventKind::resolved);
    const auto detail = must(store->incident(page.incidents[0].id));
    REQUIRE(detail);
    CHECK(detail->incident.state == IncidentState::resolved);
    CHECK(detail->timeline.size() == 2);
    CHECK(detail->deliveries.size() == 2);
    CHECK(detail->evidence.series.size() == 1);
    const auto verification = must(store->verify());
    INFO(verification.problem);
    CHECK(verification.whole);
}

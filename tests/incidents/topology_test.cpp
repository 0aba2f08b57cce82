// The topology's past and what operators say of edges, as the Store keeps them.
#include "incidents/sqlite_database.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

TopologyEdge presence(const std::string& destination, Time since, Time last_seen) {
    TopologyEdge edge;
    edge.labels = {{"source_namespace", "shop"}, {"source_workload", "web"}, {"destination_namespace", "pay"},
                   {"destination_workload", destination}, {"protocol", "http"}};
    edge.first_seen = start;
    edge.since = since;
    edge.last_seen = last_seen;
    edge.events = 60;
    edge.expected = false;
    edge.mtls = "none";
    return edge;
}

Tick ending(Duration after, std::vector<TopologyEdge> presences) {
    auto all = tick(after, {});
    all.ended_presences = std::move(presences);
    return all;
}

Expectation said(const std::string& matcher, bool expected = true) {
    Expectation said;
    said.expected = expected;
    said.match_text = {matcher};
    said.owner = "payments";
    said.note = "the nightly report";
    said.created_by = "alice";
    return said;
}

}  // namespace

TEST_CASE("past: of each edge the last presence that had begun, as it was saved") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(ending(10h, {presence("a", start, start + 1h), presence("a", start + 4h, start + 5h),
                                    presence("b", start, start + 2h)}),
                       options()));
    must(store->commit(ending(20h, {presence("a", start + 8h, start + 9h)}), options()));
    const auto past = must(store->topology_past({"main"}, {start + 6h}));
    REQUIRE(past.presences.size() == 2);
    const auto& a = past.presences[0].labels.get("destination_workload") == "a" ? past.presences[0] : past.presences[1];
    CHECK(a.since == start + 4h);
    CHECK(a.last_seen == start + 5h);
    CHECK(a.first_seen == start);
    CHECK(a.events == 60);
    CHECK_FALSE(a.expected);
    CHECK(a.mtls == "none");
    CHECK(a.labels == presence("a", start, start).labels);
    CHECK(must(store->topology_past({"main"}, {start + 6h, start + 10h})).presences.size() == 4);
    CHECK(must(store->topology_past({"second"}, {start + 6h})).presences.empty());
    CHECK(must(store->topology_past({"main"}, {start - 1h})).presences.empty());
}

TEST_CASE("past: a tick that is not saved leaves no presence, one that comes again leaves it once") {
    auto store = must(open_store("sqlite::memory:"));
    for (int i = 0; i < 2; ++i) must(store->commit(ending(10h, {presence("a", start, start + 1h)}), options()));
    CHECK(must(store->topology_past({"main"}, {start + 6h})).presences.size() == 1);
}

TEST_CASE("past: retention takes it by age, says up to when, and in small steps") {
    auto store = must(open_store("sqlite::memory:"));
    std::vector<TopologyEdge> many;
    for (int i = 0; i < 5000; ++i) many.push_back(presence("d" + std::to_string(i), start, start + i * 1s));
    must(store->commit(ending(1h, many), options()));
    auto step = must(store->retain({.age = 24h, .size = 1ull << 40}, start + 24h + 2500s));
    CHECK(step.presences == 2000);
    CHECK(step.more);
    step = must(store->retain({.age = 24h, .size = 1ull << 40}, start + 24h + 2500s));
    CHECK(step.presences == 500);
    const auto past = must(store->topology_past({"main"}, {start + 1h}));
    CHECK(past.presences.size() == 2500);
    REQUIRE(past.erased_until);
    CHECK(*past.erased_until == start + 2499s);
}

TEST_CASE("past: where the file is too large presences go before incidents") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(tick(1s, {live()}), options()));
    must(store->commit(tick(5s, {}), options()));
    while (const auto notice = must(store->claim("secops", start + 6s, start + 7s)))
        must(store->finish(notice->id, {.state = DeliveryState::delivered, .at = start + 6s}));
    must(store->commit(ending(6s, {presence("a", start, start + 1s)}), options()));
    auto step = must(store->retain({.age = 24h * 365, .size = 1}, start + 1h));
    CHECK(step.presences == 1);
    CHECK(step.incidents == 0);
    step = must(store->retain({.age = 24h * 365, .size = 1}, start + 1h));
    CHECK(step.incidents == 1);
}

TEST_CASE("expectations: said, withdrawn, and both stand in the chain with who said it") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(tick(1s, {live()}), options()));
    auto lasting = said(R"(destination_workload="ledger")");
    lasting.expires_at = start + 24h;
    const auto first = store->declare(lasting, start + 1min);
    REQUIRE(first);
    const auto second = store->declare(said(R"(source_namespace=~"ops.*")", false), start + 2min);
    REQUIRE(second);
    CHECK(first->id != second->id);
    REQUIRE(store->withdraw(second->id, "bob", start + 3min));
    CHECK(store->withdraw(second->id, "carol", start + 4min)->ended_by == "bob");
    CHECK(store->withdraw("77", "bob", start + 4min).error() == ActionError::not_found);

    const auto all = must(store->expectations());
    REQUIRE(all.size() == 2);
    CHECK(all[0].expires_at == start + 24h);
    CHECK(all[0].created_by == "alice");
    CHECK(all[0].note == "the nightly report");
    CHECK(all[0].holds(start + 2min));
    CHECK_FALSE(all[0].holds(start));
    CHECK_FALSE(all[0].holds(start + 24h));
    CHECK(all[1].holds(start + 2min));
    CHECK_FALSE(all[1].holds(start + 3min));
    CHECK(speaks_of(all, Labels{{"source_namespace", "ops-1"}, {"destination_workload", "ledger"}})->id == second->id);

    const auto events = must(store->events_after(0, 100));
    REQUIRE(events.size() == 4);
    CHECK(events[1].kind == EventKind::expectation_declared);
    CHECK(events[1].by == "alice");
    CHECK(events[1].incident.empty());
    CHECK(events[3].kind == EventKind::expectation_withdrawn);
    CHECK(must(store->verify(events[3].hash)).whole);
    must(store->commit(tick(5min, {live()}), options()));
    CHECK(must(store->verify(events[3].hash)).expected_seq == 4);

    Database(folder.file(), Database::Mode::existing)
        .run("UPDATE events SET payload = replace(payload, 'alice', 'mallory') WHERE seq = 2");
    CHECK(must(store->verify()).first_bad_seq == 2);
}

TEST_CASE("a reload stands in the chain, and is nothing that is expected") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    REQUIRE(store->declare(said(R"(a="b")"), start));
    must(store->note_reload({"targets[hook] removed", "overrides.authz-denials.threshold: \"10\" -> \"20\""},
                            start + 1s));
    const auto events = must(store->events_after(1, 100));
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::configuration_changed);
    CHECK(events[0].incident.empty());
    CHECK(must(store->expectations()).size() == 1);
    CHECK(must(store->verify()).whole);
    Database(folder.file(), Database::Mode::existing)
        .run("UPDATE events SET payload = replace(payload, 'hook', 'other') WHERE seq = 2");
    CHECK(must(store->verify()).first_bad_seq == 2);
}

TEST_CASE("expectations: at most so many hold at one time") {
    auto store = must(open_store("sqlite::memory:"));
    for (std::size_t i = 0; i < most_expectations; ++i) REQUIRE(store->declare(said(R"(a="b")"), start));
    CHECK(store->declare(said(R"(a="b")"), start).error() == ActionError::too_many);
    REQUIRE(store->withdraw("1", "bob", start + 1s));
    CHECK(store->declare(said(R"(a="b")"), start + 2s));
}

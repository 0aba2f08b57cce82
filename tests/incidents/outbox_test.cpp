// The outbox: order, leases, retries, and what is remembered of them.
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

constexpr auto lease = 30s;

std::optional<Notice> claim(Store& store, Duration after, const std::string& target = "secops") {
    return must(store.claim(target, start + after, start + after + lease));
}

Attempt delivered(Duration after) {
    return {.state = DeliveryState::delivered, .at = start + after, .next_try = {}, .answer = "200"};
}

Attempt failed(Duration after, Duration next) {
    return {.state = DeliveryState::pending, .at = start + after, .next_try = start + next, .answer = "503"};
}

}  // namespace

TEST_CASE("outbox: a notice says what there was to say then") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(tick(1s, {finding({.value = 12})}), options()));
    must(store->commit(tick(2s, {finding({.value = 99})}), options()));
    const auto notice = claim(*store, 2s);
    REQUIRE(notice);
    CHECK(notice->reason == NoticeReason::opened);
    CHECK(notice->incident.value == 12);
    CHECK(notice->incident.told == std::vector<std::string>{"secops"});
    CHECK(notice->top_sources.at(0).labels.get("source_workload") == "web");
    CHECK(notice->notes == finding({}).evidence.notes);
    CHECK(notice->event_seq == 1);
    CHECK(notice->idempotency_key == notice->incident.fingerprint + ":opened:1");
    CHECK(notice->created_at == start + 1s);
    CHECK_FALSE(claim(*store, 2s, "nobody"));
}

TEST_CASE("outbox: a notice never overtakes an older one of the same incident and target") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(tick(1s, {finding({.service = "a", .severity = Severity::critical})}), options()));
    must(store->commit(tick(2s, {finding({.service = "b"})}), options()));
    const auto first = claim(*store, 2s);
    REQUIRE(first);
    CHECK(first->incident.labels.get("destination_service") == "a");
    const auto other = claim(*store, 2s);
    REQUIRE(other);
    CHECK(other->incident.labels.get("destination_service") == "b");
    CHECK_FALSE(claim(*store, 2s));  // the resolve of a waits for its opening

    must(store->finish(first->id, failed(3s, 10s)));
    CHECK_FALSE(claim(*store, 4s));
    CHECK(must(store->next_due("secops")) == start + 10s);
    const auto oncall = claim(*store, 4s, "oncall");
    REQUIRE(oncall);
    CHECK(oncall->reason == NoticeReason::opened);

    const auto again = claim(*store, 10s);
    REQUIRE(again);
    CHECK(again->id == first->id);
    CHECK(again->idempotency_key == first->idempotency_key);
    must(store->finish(again->id, delivered(11s)));
    const auto resolve = claim(*store, 11s);
    REQUIRE(resolve);
    CHECK(resolve->reason == NoticeReason::resolved);
    must(store->finish(resolve->id, delivered(12s)));
    must(store->finish(other->id, delivered(12s)));
    CHECK_FALSE(claim(*store, 13s));
    CHECK_FALSE(must(store->next_due("secops")));
}

TEST_CASE("outbox: a lease runs out, and a restart voids it") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(tick(1s, {finding({})}), options()));
    REQUIRE(claim(*store, 2s));
    CHECK_FALSE(claim(*store, 3s));
    CHECK(must(store->next_due("secops")) == start + 2s + lease);
    const auto again = claim(*store, 2s + lease);
    REQUIRE(again);
    must(store->finish(again->id, failed(40s, 70s)));
    must(store->release_claims(start + 41s));
    CHECK(must(store->next_due("secops")) == start + 41s);
    CHECK(claim(*store, 41s));
    must(store->release_claims(start + 42s));
    CHECK(claim(*store, 42s));
}

TEST_CASE("outbox: a failure of an outlived lease does not count, a success does") {
    Folder folder;
    auto slow = must(open_store(folder.url()));
    auto quick = must(open_store(folder.url()));
    must(slow->commit(tick(1s, {finding({})}), options()));
    const auto notice = claim(*slow, 2s);
    REQUIRE(notice);
    REQUIRE(claim(*quick, 2s + lease));
    must(slow->finish(notice->id, failed(60s, 61s)));
    CHECK_FALSE(claim(*slow, 61s));
    must(slow->finish(notice->id, delivered(62s)));
    must(quick->finish(notice->id, failed(63s, 64s)));
    const auto deliveries = must(quick->deliveries({}));
    REQUIRE(deliveries.size() == 1);
    CHECK(deliveries[0].state == DeliveryState::delivered);
    CHECK(deliveries[0].attempts == 1);
}

TEST_CASE("outbox: what was tried is remembered") {
    auto store = must(open_store("sqlite::memory:"));
    must(store->commit(tick(1s, {finding({})}), options()));
    const auto id = claim(*store, 1s)->id;
    must(store->finish(id, failed(2s, 3s)));
    auto hopeless = failed(4s, 4s);
    hopeless.state = DeliveryState::dead;
    hopeless.answer = "400 " + std::string(490, 'x') + "\xff\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
    must(store->finish(id, hopeless));
    const auto dead = must(store->deliveries({.states = {DeliveryState::dead}}));
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].attempts == 2);
    CHECK(dead[0].at == start + 4s);
    CHECK(dead[0].error.starts_with("400 xxx"));
    CHECK(dead[0].error.ends_with("\xef\xbf\xbd\xc3\xa9\xc3\xa9"));
    CHECK(dead[0].notice.target == "secops");
    CHECK(must(store->deliveries({.states = {DeliveryState::pending, DeliveryState::delivered}})).empty());
    CHECK(must(store->deliveries({.incident = dead[0].notice.incident.id})).size() == 1);
    CHECK(must(store->deliveries({.incident = "none"})).empty());
    CHECK(must(store->status()).dead_by_target.at("secops") == 1);
    must(store->commit(tick(5s, {}), options()));
    CHECK(claim(*store, 5s)->reason == NoticeReason::resolved);
    CHECK_FALSE(store->finish(4711, delivered(1s)));
}

namespace {

// The opening was given up, then the incident resolved: what is sent of its end.
std::optional<Notice> end_after(Store& store, bool refused, bool reminded = false) {
    must(store.commit(tick(1s, {finding({})}), options()));
    auto given_up = failed(2s, 2s);
    given_up.state = DeliveryState::dead;
    given_up.refused = refused;
    must(store.finish(claim(store, 1s)->id, given_up));
    if (reminded) {
        must(store.commit(tick(5h, {finding({})}), options()));
        const auto reminder = claim(store, 5h);
        REQUIRE(reminder);
        CHECK(reminder->reason == NoticeReason::still_open);
        must(store.finish(reminder->id, delivered(5h)));
    }
    must(store.commit(tick(6h, {}), options()));
    return claim(store, 6h);
}

}  // namespace

TEST_CASE("outbox: who refused to hear of the beginning is not told of the end") {
    auto store = must(open_store("sqlite::memory:"));
    CHECK_FALSE(end_after(*store, true));
    const auto dead = must(store->deliveries({.states = {DeliveryState::dead}}));
    REQUIRE(dead.size() == 2);
    CHECK(dead[0].notice.reason == NoticeReason::resolved);
    CHECK(dead[0].error.starts_with("not sent"));
    CHECK(dead[0].attempts == 0);
    // The same incident opens again and is taken: then its end is told.
    must(store->commit(tick(6h + 60s, {finding({.crossed_at = start + 6h + 50s})}), options()));
    must(store->finish(claim(*store, 6h + 60s)->id, delivered(6h + 61s)));
    must(store->commit(tick(6h + 90s, {}), options()));
    CHECK(claim(*store, 6h + 90s)->reason == NoticeReason::resolved);
}

TEST_CASE("outbox: who may have heard of the beginning, or of what came after, is told of the end") {
    const auto [refused, reminded] = GENERATE(std::pair(false, false), std::pair(true, true));
    auto store = must(open_store("sqlite::memory:"));
    const auto end = end_after(*store, refused, reminded);
    REQUIRE(end);
    CHECK(end->reason == NoticeReason::resolved);
}

TEST_CASE("outbox: the most urgent goes first, but not before an older one of its incident") {
    auto store = must(open_store("sqlite::memory:"));
    auto everybody = options();
    everybody.routes = {{.match_text = {}, .match = {}, .targets = {"secops"}, .goes_on = false}};
    must(store->commit(tick(1s, {finding({.service = "low", .severity = Severity::low}),
                                 finding({.service = "rising", .severity = Severity::low}),
                                 finding({.service = "critical", .severity = Severity::critical})}), everybody));
    must(store->commit(tick(2s, {finding({.service = "low", .severity = Severity::low}),
                                 finding({.service = "rising", .severity = Severity::critical}),
                                 finding({.service = "critical", .severity = Severity::critical})}), everybody));
    std::vector<std::string> order;
    for (auto notice = claim(*store, 3s); notice; notice = claim(*store, 3s)) {
        order.push_back(std::string(notice->incident.labels.get("destination_service")) + " " +
                        std::string(to_string(notice->reason)));
        must(store->finish(notice->id, delivered(3s)));
    }
    CHECK(order == std::vector<std::string>{"critical opened", "low opened", "rising opened", "rising escalated"});
}

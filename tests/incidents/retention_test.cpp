// Retention: what is old loses its details, the file shrinks, the chain still holds, and nothing that matters goes.
#include "incidents/sqlite_database.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

// One incident an hour, told, resolved after five seconds, told.
void hours(Store& store, int first, int count, bool tell = true) {
    for (int i = first; i < first + count; ++i) {
        auto one = finding({.service = "service-" + std::to_string(i), .crossed_at = start + i * 1h});
        one.evidence.series.resize(20, one.evidence.series[0]);
        must(store.commit(tick(i * 1h + 1s, {one}), options()));
        must(store.commit(tick(i * 1h + 6s, {}), options()));
        while (tell) {
            const auto notice = must(store.claim("secops", start + i * 1h + 7s, start + i * 1h + 8s));
            if (!notice) break;
            must(store.finish(notice->id, {.state = DeliveryState::delivered, .at = start + i * 1h + 7s}));
        }
    }
}

Retained all(Store& store, const Retention& retention, Time now) {
    Retained sum;
    for (sum.more = true; sum.more;) {
        const auto step = must(store.retain(retention, now));
        CHECK(step.incidents <= 50);
        sum.incidents += step.incidents;
        sum.events += step.events;
        sum.notices += step.notices;
        sum.used_bytes = step.used_bytes;
        sum.more = step.more;
    }
    return sum;
}

constexpr Retention for_ever{.age = 24h * 3650, .size = 1ull << 40};

}  // namespace

TEST_CASE("retention: by age the details go, the chain holds") {
    auto store = must(open_store("sqlite::memory:"));
    hours(*store, 0, 120);
    const auto head = must(store->status()).head_hash;
    CHECK(all(*store, for_ever, start + 120h).incidents == 0);
    const auto erased = all(*store, {.age = 20h, .size = 1ull << 40}, start + 120h);
    CHECK(erased.incidents == 100);
    CHECK(erased.events == 200);
    CHECK(erased.notices == 200);
    const auto verification = must(store->verify(head));
    INFO(verification.problem);
    CHECK(verification.whole);
    CHECK(verification.events == 240);
    CHECK(verification.erased == 200);
    CHECK(must(store->incidents({.limit = 500})).incidents.size() == 20);
    CHECK(must(store->events_after(0, 1)).at(0).note.empty());
    CHECK(must(store->told("secops", start)).size() == 20);
    CHECK(all(*store, {.age = 20h, .size = 1ull << 40}, start + 120h).incidents == 0);
}

TEST_CASE("retention: what is open, and what somebody has yet to hear, stays") {
    auto store = must(open_store("sqlite::memory:"));
    hours(*store, 0, 2, false);
    must(store->commit(tick(3h, {finding({.service = "open", .crossed_at = start + 3h})}), options()));
    CHECK(all(*store, {.age = 1s, .size = 1}, start + 1000h).incidents == 0);
    while (const auto notice = must(store->claim("secops", start + 4h, start + 4h)))
        must(store->finish(notice->id, {.state = DeliveryState::delivered, .at = start + 4h}));
    CHECK(all(*store, {.age = 1s, .size = 1}, start + 1000h).incidents == 2);
    CHECK(must(store->incidents({})).incidents.size() == 1);
    CHECK(must(store->verify()).whole);
}

TEST_CASE("retention: by size the oldest go first, and the file shrinks") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    hours(*store, 0, 120);
    Database(folder.file(), Database::Mode::create).run("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto before = std::filesystem::file_size(folder.file());
    const auto used = all(*store, for_ever, start + 120h).used_bytes;
    const auto erased = all(*store, {.age = 24h * 365, .size = used * 3 / 4}, start + 120h);
    CHECK(erased.used_bytes <= used * 3 / 4);
    CHECK(erased.incidents >= 50);
    const auto left = must(store->incidents({.limit = 500})).incidents;
    REQUIRE(left.size() == std::size_t(120 - erased.incidents));
    REQUIRE_FALSE(left.empty());
    CHECK(left.front().labels.get("destination_service") == "service-119");
    CHECK(must(store->verify()).whole);
    Database(folder.file(), Database::Mode::create).run("PRAGMA wal_checkpoint(TRUNCATE)");
    CHECK(std::filesystem::file_size(folder.file()) < before * 85 / 100);
}

TEST_CASE("retention: an erased incident is gone for readers, and its subject goes on with the next episode") {
    auto store = must(open_store("sqlite::memory:"));
    hours(*store, 0, 1);
    const auto before = must(store->incidents({})).incidents.at(0);
    REQUIRE(all(*store, {.age = 1s, .size = 1ull << 40}, start + 1h).incidents == 1);
    CHECK_FALSE(must(store->incident(before.id)));
    CHECK(store->act(before.id, {.kind = EventKind::commented, .note = "x"}, start + 1h, options()).error() ==
          ActionError::not_found);
    const auto again = finding({.service = "service-0", .crossed_at = start + 10min});
    const auto outcome = must(store->commit(tick(11min, {again}), options()));
    REQUIRE(outcome.changes.size() == 1);
    CHECK(outcome.changes[0].first == EventKind::opened);  // not reopened: there is nothing left to reopen
    CHECK(outcome.changes[0].second.episode == 2);
    CHECK(outcome.changes[0].second.fingerprint != before.fingerprint);
    CHECK(must(store->verify()).whole);
}

TEST_CASE("retention: what a user resolved stays resolved, erased or not") {
    auto store = must(open_store("sqlite::memory:"));
    const auto id = must(store->commit(tick(1s, {finding({})}), options())).changes.at(0).second.id;
    REQUIRE(store->act(id, {.kind = EventKind::resolved, .by = "alice"}, start + 2s, options()));
    while (const auto notice = must(store->claim("secops", start + 3s, start + 3s)))
        must(store->finish(notice->id, {.state = DeliveryState::delivered, .at = start + 3s}));
    REQUIRE(all(*store, {.age = 1s, .size = 1ull << 40}, start + 1h).incidents == 1);
    CHECK(must(store->commit(tick(2h, {finding({})}), options())).changes.empty());
    CHECK(must(store->commit(tick(2h, {live(24)}), options())).changes.empty());
    CHECK(must(store->commit(tick(2h, {live(25)}), options())).changes.size() == 1);  // it has grown
}

// The history is whole, or verify says from which event on it is not.
#include "incidents/sqlite_database.hpp"
#include "incidents/sqlite_events.hpp"
#include "model/digest.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

// Ten events: five incidents open, then all resolve.
void fill(const Folder& folder) {
    auto store = must(open_store(folder.url()));
    std::vector<Finding> findings;
    for (const auto* service : {"a", "b", "c", "d", "e"}) findings.push_back(finding({.service = service}));
    must(store->commit(tick(1s, findings), options()));
    must(store->commit(tick(6s, {}), options()));
}

Verification after(std::string_view sql) {
    Folder folder;
    fill(folder);
    Database(folder.file(), Database::Mode::create).run(sql);
    return must(must(open_store_read_only(folder.url()))->verify());
}

void check_bad(std::string_view sql, std::int64_t seq, const std::string& problem) {
    INFO(sql);
    const auto verification = after(sql);
    CHECK_FALSE(verification.whole);
    CHECK(verification.first_bad_seq == seq);
    CHECK_THAT(verification.problem, Contains(problem));
}

}  // namespace

TEST_CASE("chain: untouched it is whole") {
    const auto verification = after("SELECT 1");
    CHECK(verification.whole);
    CHECK(verification.events == 10);
    CHECK(verification.first_bad_seq == 0);
    CHECK(verification.head_hash.size() == 64);
    CHECK(verification.problem.empty());
}

TEST_CASE("chain: payloads that are gone while their incidents are kept, and the other way round, are found") {
    check_bad("UPDATE events SET payload = NULL WHERE seq = 3", 3, "was not erased");
    check_bad("UPDATE incidents SET erased_at = 1 WHERE id = (SELECT incident FROM events WHERE seq = 2)", 10,
              "incident was erased");
}

TEST_CASE("chain: a head that was told elsewhere stays in it") {
    Folder folder;
    fill(folder);
    auto store = must(open_store(folder.url()));
    const auto told = must(store->events_after(3, 1)).at(0).hash;
    CHECK(must(store->verify(told)).expected_seq == 4);
    CHECK(must(store->verify(told)).whole);
    CHECK(must(store->verify(must(store->status()).head_hash)).expected_seq == 10);
    const auto strange = must(store->verify(std::string(64, 'a')));
    CHECK_FALSE(strange.whole);
    CHECK(strange.first_bad_seq == 0);
    CHECK_THAT(strange.problem, Contains("no event has the expected head hash"));
}

TEST_CASE("chain: a removed tail shows even where the head was moved too, if it was told elsewhere") {
    Folder folder;
    fill(folder);
    const auto told = must(must(open_store(folder.url()))->status()).head_hash;
    Database(folder.file(), Database::Mode::create)
        .run("PRAGMA foreign_keys = OFF; DELETE FROM events WHERE seq > 5; UPDATE streams SET seq = 5, hash ="
             " (SELECT hash FROM events WHERE seq = 5); UPDATE incidents SET state = 'open',"
             " body = json_set(body, '$.state', 'open')");
    auto store = must(open_store_read_only(folder.url()));
    CHECK(must(store->verify()).whole);  // nobody can tell from the file alone
    CHECK_FALSE(must(store->verify(told)).whole);
}

TEST_CASE("chain: one that was written anew shows only by a head that was told elsewhere") {
    Folder folder;
    fill(folder);
    const auto told = must(must(open_store(folder.url()))->status()).head_hash;
    {
        Database database(folder.file(), Database::Mode::create);
        std::string hash;
        for (int seq = 1; seq <= 10; ++seq) {
            auto row = database.prepare("SELECT payload FROM events WHERE seq = ?");
            row.bind(seq).step();
            auto payload = row.text(0);
            if (const auto at = payload.find("denied"); at != payload.npos) payload.replace(at, 6, "cheers");
            const auto digest = sha256_hex(payload);
            hash = chained(hash, seq, digest);
            database.prepare("UPDATE events SET payload = ?, digest = ?, hash = ? WHERE seq = ?")
                .bind(payload).bind(digest).bind(hash).bind(seq).run();
        }
        database.prepare("UPDATE streams SET hash = ?").bind(hash).run();
    }
    auto store = must(open_store_read_only(folder.url()));
    CHECK(must(store->verify()).whole);
    CHECK_FALSE(must(store->verify(told)).whole);
}

TEST_CASE("chain: tampering is found, with its sequence number") {
    check_bad("UPDATE events SET payload = replace(payload, 'ledger', 'other') || ' ' WHERE seq = 3", 3, "payload");
    check_bad("UPDATE events SET digest = (SELECT digest FROM events WHERE seq = 1) WHERE seq = 4", 4, "payload");
    check_bad("UPDATE events SET payload = NULL, digest = 'x' WHERE seq = 4", 4, "hash");
    check_bad("DELETE FROM events WHERE seq = 5", 5, "missing");
    check_bad("DELETE FROM events WHERE seq = 1", 1, "missing");
    check_bad("DELETE FROM events WHERE seq = 10", 10, "missing");
    check_bad("UPDATE events SET hash = (SELECT hash FROM events AS o WHERE o.seq = 9 - events.seq)"
              " WHERE seq IN (4, 5)", 4, "hash");
    check_bad("UPDATE events SET kind = 'resolved' WHERE seq = 2", 2, "columns");
    check_bad("UPDATE events SET at = at + 1 WHERE seq = 6", 6, "columns");
    check_bad("UPDATE events SET incident = (SELECT incident FROM events WHERE seq = 1) WHERE seq = 2", 2, "columns");
    check_bad("UPDATE streams SET hash = 'x'", 10, "head");
    check_bad("DELETE FROM streams", 11, "head");
}

TEST_CASE("chain: a projection that its events do not make is found") {
    check_bad("UPDATE incidents SET state = 'open' WHERE id = (SELECT incident FROM events WHERE seq = 8)", 8,
              "events make it");
    check_bad("INSERT INTO incidents SELECT 'f' || substr(id, 2), 'x', 1, prometheus, rule, severity, state,"
              " opened_at, resolved_at, body, NULL FROM incidents LIMIT 1", 11, "no opened event");
    check_bad("PRAGMA foreign_keys = OFF; DELETE FROM incidents"
              " WHERE id = (SELECT incident FROM events WHERE seq = 7)", 7,
              "not kept");
}

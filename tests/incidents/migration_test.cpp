// Databases of every schema version that was ever written, as their program left them.
#include <fstream>

#include "incidents/sqlite_database.hpp"
#include "incidents/sqlite_schema.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

constexpr auto head_of_1 = "924ce265ede63ede1e661ceec8a48177efac054d157eb5cb5c2a1ef5bf1cf473";

void restore(const Folder& folder, int version) {
    std::ifstream file(std::string(MESHWARDEN_TEST_DATA "/incidents/schema-") + std::to_string(version) + ".sql");
    REQUIRE(file.good());
    Database(folder.file(), Database::Mode::create).run(std::string(std::istreambuf_iterator<char>(file), {}));
}

// Tables, columns and indexes, without the words that made them.
std::string shape(const Folder& folder) {
    Database database(folder.file(), Database::Mode::read_only);
    std::string text;
    auto rows = database.prepare(
        "SELECT s.type || ' ' || s.name || ' ' || COALESCE(group_concat(c.name), '') FROM sqlite_schema AS s"
        " LEFT JOIN pragma_table_xinfo(s.name) AS c GROUP BY s.type, s.name ORDER BY 1");
    while (rows.step()) text += rows.text(0) + "\n";
    return text;
}

}  // namespace

TEST_CASE("migration: from schema 1 everything is still there and goes on") {
    Folder folder;
    restore(folder, 1);
    CHECK(must(must(open_store_read_only(folder.url()))->verify(head_of_1)).whole);  // before, too

    auto store = must(open_store(folder.url()));
    CHECK(must(store->verify(head_of_1)).expected_seq == 9);
    const auto page = must(store->incidents({}));
    REQUIRE(page.incidents.size() == 2);
    CHECK(must(store->cursor("main")) == start + 15s);
    CHECK(must(store->coverage("main")).at(0).coverage.fix.yaml == "a: b");
    CHECK(must(store->detector_state("main/topology")).size() == 8);
    CHECK(must(store->status()).dead_by_target.at("oncall") == 1);
    const auto notice = must(store->claim("secops", start + 20s, start + 50s));
    REQUIRE(notice);

    const auto outcome = must(store->commit(tick(20s, {}), options()));
    REQUIRE(outcome.changes.size() == 1);
    CHECK(outcome.changes[0].first == EventKind::resolved);
    CHECK(must(store->verify(head_of_1)).whole);
}

TEST_CASE("migration: from schema 2 every event is still in the chain, what was erased stays erased") {
    constexpr auto head = "ccb820b5f581029352bd98bff1c5cf616681d74573288cdde4ed550bb94e8f35";
    Folder folder;
    restore(folder, 2);
    auto old = must(open_store_read_only(folder.url()));
    CHECK(
        must(old->topology_past({"main"}, {start})).presences.empty());  // a command may read it before the service has
    CHECK(must(old->verify(head)).whole);

    auto store = must(open_store(folder.url()));
    const auto checked = must(store->verify(head));
    CHECK(checked.whole);
    CHECK(checked.events == 13);
    CHECK(checked.erased == 6);
    CHECK(must(store->incidents({})).incidents.size() == 2);
    REQUIRE(store->declare({}, start + 1s));
    CHECK(must(store->verify(head)).events == 14);
}

TEST_CASE("migration: the file has the same tables as a new one, and gives pages back") {
    Folder fresh, old, newer;
    must(open_store(fresh.url()));
    restore(old, 1);
    must(open_store(old.url()));
    restore(newer, 2);
    must(open_store(newer.url()));
    CHECK(shape(old) == shape(fresh));
    CHECK(shape(newer) == shape(fresh));
    for (const auto* folder : {&old, &fresh}) {
        Database database(folder->file(), Database::Mode::read_only);
        CHECK(schema_version(database) == newest_schema());
        CHECK(database.integer("PRAGMA auto_vacuum") == 2);
    }
}

TEST_CASE("migration: one that fails leaves the old version as it was") {
    Folder folder;
    restore(folder, 1);
    // In the way of the new index.
    Database(folder.file(), Database::Mode::create).run("CREATE TABLE outbox_queue (a)");
    CHECK_FALSE(open_store(folder.url()));
    Database database(folder.file(), Database::Mode::create);
    CHECK(schema_version(database) == 1);
    CHECK(database.integer("SELECT count(*) FROM pragma_table_xinfo('outbox') WHERE name = 'refused'") == 0);
    database.run("DROP TABLE outbox_queue");
    CHECK(open_store(folder.url()));
}

TEST_CASE("migration: there is a database of every version") {
    for (int version = 1; version < newest_schema(); ++version) {
        Folder folder;
        restore(folder, version);
        CHECK(must(must(open_store(folder.url()))->verify()).whole);
    }
}

// What can go wrong with the file while the service runs: each is an error that says what to do, changes nothing, and
// is over when its cause is.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "incidents/sqlite_store.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

Tick numbered(int i) {
    return tick(i * 1s, {finding({.service = "service-" + std::to_string(i), .crossed_at = start + i * 1s})});
}

std::string refusal(Store& store, int i) {
    const auto outcome = store.commit(numbered(i), options());
    return outcome ? "" : outcome.error().message;
}

}  // namespace

TEST_CASE("fault: a full database") {
    Folder folder;
    must(open_store(folder.url()));
    auto database = std::make_unique<Database>(folder.file(), Database::Mode::existing);
    auto& settings = *database;
    SqliteStore store(std::move(database), "test");
    settings.run("PRAGMA max_page_count = " + std::to_string(settings.integer("PRAGMA page_count") + 4));
    int last = 0;
    std::string message;
    while (message.empty() && last < 1000)
        if (message = refusal(store, last + 1); message.empty()) ++last;
    CHECK_THAT(message, Contains("full") && Contains("make room") && Contains(folder.file()));
    CHECK(must(store.cursor("main")) == (last == 0 ? std::nullopt : std::optional(start + last * 1s - 1s)));
    CHECK(must(store.verify("")).whole);
    CHECK(must(store.incidents({.limit = 500})).incidents.size() == std::size_t(last));
    settings.run("PRAGMA max_page_count = 100000");
    CHECK(refusal(store, last + 1).empty());
    CHECK(must(store.verify("")).whole);
}

TEST_CASE("fault: another process holds the lock") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(numbered(1), options()));
    Database other(folder.file(), Database::Mode::existing);
    other.run("BEGIN EXCLUSIVE");
    CHECK_THAT(refusal(*store, 2), Contains("locked") && Contains("another process"));
    CHECK(must(store->incidents({})).incidents.size() == 1);  // what is there can be read
    CHECK(must(store->status()).head_seq == 1);
    other.run("ROLLBACK");
    CHECK(refusal(*store, 3).empty());
}

TEST_CASE("fault: a file that was removed is written no more, until it is back") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(numbered(1), options()));
    const auto away = folder.file() + ".away";
    std::filesystem::rename(folder.file(), away);
    CHECK_THAT(refusal(*store, 2), Contains("removed or replaced") && Contains("put back"));
    CHECK_FALSE(store->finish(1, {}));
    CHECK_FALSE(store->claim("secops", start + 5s, start + 6s));
    CHECK(must(store->incidents({})).incidents.size() == 1);
    CHECK_FALSE(open_store(folder.url(), Opening::existing));
    CHECK_FALSE(std::filesystem::exists(folder.file()));
    std::filesystem::rename(away, folder.file());
    CHECK(refusal(*store, 2).empty());
    store.reset();
    CHECK(must(must(open_store_read_only(folder.url()))->verify()).events == 3);
}

TEST_CASE("fault: another database in its place is not harmed when the old one is closed") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    must(store->commit(numbered(1), options()));
    for (const auto* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file() + suffix);
    auto other = must(open_store(folder.url()));
    must(other->commit(numbered(7), options()));
    CHECK_THAT(refusal(*store, 2), Contains("removed or replaced"));
    store.reset();
    CHECK(refusal(*other, 8).empty());
    const auto reader = must(open_store_read_only(folder.url()));
    CHECK(must(reader->verify()).events == 3);
}

TEST_CASE("fault: a damaged page is an error, and the rest goes on") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    for (int i = 1; i <= 40; ++i) must(store->commit(numbered(i), options()));
    std::int64_t page = 0;
    {
        Database database(folder.file(), Database::Mode::existing);
        database.run("PRAGMA wal_checkpoint(TRUNCATE)");
        page = database.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'outbox_queue'");
    }
    store = must(open_store(folder.url()));
    auto* file = std::fopen(folder.file().c_str(), "r+b");
    std::fseek(file, long(page - 1) * 4096, SEEK_SET);
    std::fputs(std::string(4096, '\x7f').c_str(), file);
    std::fclose(file);
    CHECK_THAT(refusal(*store, 41), Contains("malformed") && Contains("meshwarden verify"));
    CHECK(must(store->cursor("main")) == start + 39s);
    CHECK(must(store->coverage("main")).empty());
}

TEST_CASE("fault: a file that may not be written") {
    if (geteuid() != 0) return;  // whoever owns the file may always make it writable
    Folder folder;
    must(must(open_store(folder.url()))->commit(numbered(1), options()));
    std::filesystem::permissions(folder.file(), std::filesystem::perms(0444));
    std::filesystem::permissions(std::filesystem::path(folder.file()).parent_path(), std::filesystem::perms(0555));
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        if (setuid(65534) != 0) _exit(3);
        const auto store = open_store(folder.url());
        const auto message = store ? refusal(**store, 2) : store.error().message;
        _exit(message.find("let this user write") != std::string::npos ? 0 : 1);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

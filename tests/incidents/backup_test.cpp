// A copy made beside a running service is one moment of it, whole, and never replaces anything.
#include <atomic>
#include <fstream>
#include <thread>

#include "incidents/sqlite_database.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

std::size_t files_in(const std::string& folder) {
    return std::size_t(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("backup: while others write, each copy is whole and no older than its beginning") {
    Folder folder, copies;
    auto store = must(open_store(folder.url()));
    must(store->commit(tick(0s, {finding({})}), options()));
    std::atomic<std::int64_t> written = 1;
    // No checks of Catch's here: they are for one thread. A failure throws, and ends the program.
    std::jthread writer([&](std::stop_token stop) {
        const auto own = open_store(folder.url()).value();
        for (int i = 1; !stop.stop_requested(); ++i) {
            own->commit(tick(i * 1h, {finding({.crossed_at = start + i * 1h})}), options()).value();
            own->commit(tick(i * 1h + 5s, {}), options()).value();
            written = own->status().value().head_seq;
        }
    });
    for (int i = 0; i < 5; ++i) {
        const auto before = written.load();
        const auto file = copies.file() + std::to_string(i);
        const auto copied = must(back_up(folder.url(), file));
        CHECK(copied.whole);
        CHECK(copied.events >= before);
        const auto again = must(must(open_store_read_only(file))->verify());
        CHECK(again.whole);
        CHECK(again.head_hash == copied.head_hash);
    }
    writer.request_stop();
    writer.join();
    CHECK(files_in(std::filesystem::path(copies.file()).parent_path()) == 5);
    auto restored = must(open_store("sqlite:" + copies.file() + "0"));
    CHECK(restored->commit(tick(2000h, {}), options()));
}

TEST_CASE("backup: an existing file, a missing source, and a folder that is not there are refused") {
    Folder folder, copies;
    must(open_store(folder.url()));
    std::ofstream(copies.file()) << "mine";
    const auto refused = back_up(folder.url(), copies.file());
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Contains("exists"));
    CHECK(std::filesystem::file_size(copies.file()) == 4);
    CHECK_FALSE(back_up(folder.url(), "/no/such/folder/copy.db"));
    CHECK_FALSE(back_up(copies.file() + ".none", copies.file() + "2"));
    CHECK_FALSE(std::filesystem::exists(copies.file() + ".none"));
    CHECK(files_in(std::filesystem::path(copies.file()).parent_path()) == 1);
}

TEST_CASE("backup: of a broken history there is no copy, but what is wrong") {
    Folder folder, copies;
    auto store = must(open_store(folder.url()));
    must(store->commit(tick(1s, {finding({})}), options()));
    Database(folder.file(), Database::Mode::create).run("UPDATE events SET digest = 'x'");
    const auto copied = must(back_up(folder.url(), copies.file()));
    CHECK_FALSE(copied.whole);
    CHECK(copied.first_bad_seq == 1);
    CHECK_FALSE(std::filesystem::exists(copies.file()));
}

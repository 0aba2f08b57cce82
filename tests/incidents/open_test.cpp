// Opening: which databases are ours, and what is said of the others.
#include <fstream>
#include <thread>

#include "incidents/sqlite_database.hpp"
#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;
using Catch::Matchers::Contains;

namespace {

std::string refusal(std::string_view url) {
    const auto store = open_store(url);
    REQUIRE_FALSE(store);
    return store.error().message;
}

void run(const std::string& file, std::string_view sql) {
    Database(file, Database::Mode::create).run(sql);
}

std::string bytes_of(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("open: what cannot be opened is refused with what to do") {
    Folder folder;
    CHECK_THAT(refusal("postgres://host/db"), Contains("postgres://host/db") && Contains("expected sqlite:PATH"));
    CHECK_THAT(refusal("sqlite:"), Contains("expected sqlite:PATH"));
    CHECK_THAT(refusal("sqlite:/no/such/folder/x.db"),
               Contains("/no/such/folder/x.db") && Contains("folder must exist"));
    std::ofstream(folder.file()) << std::string(5000, 'x');
    CHECK_THAT(refusal(folder.url()), Contains("is no database") && Contains("storage.url"));
}

TEST_CASE("open: a newer schema and another program's database are left alone") {
    Folder newer, foreign;
    must(open_store(newer.url()));
    run(newer.file(), "PRAGMA user_version = 99");
    CHECK_THAT(refusal(newer.url()), Contains("schema 99") && Contains("upgrade"));
    run(foreign.file(), "CREATE TABLE theirs (a)");
    CHECK_THAT(refusal(foreign.url()), Contains("another program"));
}

TEST_CASE("open: one that must exist is not created") {
    Folder folder;
    CHECK_FALSE(open_store(folder.url(), Opening::existing));
    CHECK_FALSE(std::filesystem::exists(folder.file()));
    must(open_store(folder.url()));
    CHECK(open_store(folder.url(), Opening::existing));
}

TEST_CASE("open: many may create the same database at once") {
    for (int round = 0; round < 10; ++round) {
        Folder folder;
        std::vector<std::string> problems(6);
        {
            std::vector<std::jthread> threads;
            for (auto& problem : problems)
                threads.emplace_back([&] {
                    if (const auto store = open_store(folder.url()); !store) problem = store.error().message;
                });
        }
        CHECK(problems == std::vector<std::string>(6));
    }
}

TEST_CASE("open: read-only changes nothing, beside a running service too") {
    Folder folder;
    auto service = must(open_store(folder.url()));
    must(service->commit(tick(1s, {finding({})}), options()));
    CHECK(must(must(open_store_read_only(folder.url()))->verify()).events == 1);
    must(service->commit(tick(2s, {}), options()));
    CHECK(must(must(open_store_read_only(folder.file()))->verify()).events == 2);
    service.reset();

    const auto before = bytes_of(folder.file());
    auto reader = must(open_store_read_only(folder.url()));
    const auto verification = must(reader->verify());
    CHECK(verification.whole);
    CHECK(verification.events == 2);
    CHECK_FALSE(reader->commit(tick(3s, {}), options()));
    reader.reset();
    CHECK(bytes_of(folder.file()) == before);
    CHECK_FALSE(std::filesystem::exists(folder.file() + "-wal"));
}

TEST_CASE("open: read-only refuses what is not there, and calls broken what is no database") {
    Folder folder;
    CHECK_FALSE(open_store_read_only(folder.file()));
    CHECK_FALSE(std::filesystem::exists(folder.file()));
    std::ofstream(folder.file()) << std::string(5000, 'x');
    auto verification = must(must(open_store_read_only(folder.file()))->verify());
    CHECK_FALSE(verification.whole);
    CHECK_THAT(verification.problem, Contains("damaged"));
    std::ofstream(folder.file()) << "";
    CHECK_FALSE(must(must(open_store_read_only(folder.file()))->verify()).whole);
    Folder newer;
    must(open_store(newer.url()));
    run(newer.file(), "PRAGMA user_version = 99");
    CHECK_FALSE(must(open_store_read_only(newer.file()))->verify());
}

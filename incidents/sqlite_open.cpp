#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>

#include "incidents/sqlite_schema.hpp"
#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

constexpr std::string_view scheme = "sqlite:";

std::string owner_name() {
    static std::atomic<int> connections = 0;
    return fmt::format("{}.{}", getpid(), ++connections);
}

std::string_view advice(int code) {
    switch (code) {
        case SQLITE_FULL: return "make room on that disk";
        case SQLITE_IOERR: return "the disk refuses: look at its space, quota and health";
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return "another process has held the database for more than two seconds";
        case SQLITE_READONLY:
            return "let this user write to the file and its folder; a file that was removed must be put back, or the"
                   " service started anew";
        case SQLITE_CANTOPEN: return "the folder must exist, and this user must be allowed to read and write there";
        case SQLITE_NOTADB: return "the file is no database: move it away, or name another in storage.url";
        case SQLITE_CORRUPT: return "the file is damaged: `meshwarden verify` says from where; restore a copy";
        default: return "`meshwarden verify` tells whether the history is whole";
    }
}

Result<std::string> path_of(std::string_view url) {
    if (!url.starts_with(scheme) || url.size() == scheme.size())
        return fail(fmt::format("cannot open storage '{}': expected sqlite:PATH or sqlite::memory:", url));
    return std::string(url.substr(scheme.size()));
}

// One view of the file: another process may be creating the schema between two reads.
SchemaState consistent_state(Database& database) {
    const Transaction view(database, Transaction::Kind::read);
    return schema_state(database);
}

// The switch fails at once while another process makes it, whatever the busy timeout.
void switch_to_wal(Database& database) {
    constexpr int most_tries = 500, pause_ms = 10;
    for (int tried = 1;; ++tried) {
        try {
            return database.run("PRAGMA journal_mode = WAL");
        } catch (const SqliteError& problem) {
            if (problem.code() != SQLITE_BUSY || tried == most_tries) throw;
        }
        sqlite3_sleep(pause_ms);
    }
}

// A file of before schema 2 cannot give pages back: it is rewritten once. Where there is no room for that it stays as
// large as it was, and its free pages are used again.
void make_shrinkable(Database& database) {
    if (database.integer("PRAGMA auto_vacuum") != 0) return;
    try {
        database.run("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
    } catch (const SqliteError&) {
        return;
    }
}

Result<void> set_up(Database& database) {
    switch (consistent_state(database)) {
        case SchemaState::newer:
            return fail(fmt::format(
                "cannot open the database '{}': it has schema {}, this program knows up to {}; upgrade meshwarden or"
                " name another file in storage.url", database.path(), schema_version(database), newest_schema()));
        case SchemaState::foreign:
            return fail(fmt::format("cannot open the database '{}': it belongs to another program; name another file in"
                                    " storage.url", database.path()));
        default: break;
    }
    if (schema_version(database) == 0) database.run("PRAGMA auto_vacuum = INCREMENTAL");  // before the first table
    switch_to_wal(database);
    // FULL: what was told must not be forgotten by a power cut. WAL makes it one fsync a transaction.
    database.run("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216");
    const bool old = schema_version(database) < newest_schema();
    migrate(database);
    if (old) make_shrinkable(database);
    return {};
}

}  // namespace

Error storage_error(const Database& database, std::string_view doing, const std::exception& problem) {
    const auto* sqlite = dynamic_cast<const SqliteError*>(&problem);
    return {fmt::format("cannot {} in the database '{}': {}; {}", doing, database.path(), problem.what(),
                        advice(sqlite == nullptr ? 0 : sqlite->code()))};
}

Result<std::unique_ptr<Store>> open_store(std::string_view url, Opening how) {
    const auto path = path_of(url);
    if (!path) return std::unexpected(path.error());
    try {
        const auto mode = how == Opening::create ? Database::Mode::create : Database::Mode::existing;
        auto database = std::make_unique<Database>(*path, mode);
        if (auto ready = set_up(*database); !ready) return std::unexpected(ready.error());
        return std::make_unique<SqliteStore>(std::move(database), owner_name());
    } catch (const SqliteError& problem) {
        return fail(
            fmt::format("cannot open the database '{}': {}; {}", *path, problem.what(), advice(problem.code())));
    }
}

Result<std::unique_ptr<Store>> open_store_read_only(std::string_view url) {
    const std::string path(url.starts_with(scheme) ? url.substr(scheme.size()) : url);
    std::error_code unknown;
    const bool has_log = std::filesystem::exists(path + "-wal", unknown);
    try {
        // Without a write-ahead log nobody has it open; then no lock and no file beside it is needed.
        auto database = std::make_unique<Database>(path, Database::Mode::read_only, !has_log);
        return std::make_unique<SqliteStore>(std::move(database), owner_name());
    } catch (const SqliteError& problem) {
        return fail(fmt::format("cannot open the database '{}': {}; does the file exist, and may this user read it?",
                                path, problem.what()));
    }
}

}  // namespace meshwarden::incidents

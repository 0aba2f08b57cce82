// SQLite's C interface as values that close themselves: connection, statement, transaction. For this folder's sqlite*
// files only. One Database belongs to one thread; statements and transactions must not outlive it.
//
// Every failure is thrown as SqliteError; the verbs of the Store turn it into an Error, and nobody else sees it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace meshwarden::incidents {

class SqliteError : public std::runtime_error {
public:
    SqliteError(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
    int code() const { return code_; }  // primary result code
    bool damaged() const;               // the file is no database, or a broken one

private:
    int code_;
};

class Database;

// A prepared statement on loan from its Database; goes back, reset and unbound, at the end of its life.
class Statement {
public:
    Statement(Database& database, std::string sql, sqlite3_stmt* handle)
        : database_(&database), sql_(std::move(sql)), handle_(handle) {}
    Statement(Statement&& other) noexcept
        : database_(other.database_), sql_(std::move(other.sql_)), handle_(std::exchange(other.handle_, nullptr)),
          bound_(other.bound_) {}
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Binds the next parameter. Text is copied.
    Statement& bind(std::int64_t value);
    Statement& bind(int value) { return bind(std::int64_t(value)); }
    Statement& bind(std::string_view text);
    Statement& bind(Time time) { return bind(std::int64_t(time.time_since_epoch().count())); }
    Statement& bind_blob(std::string_view bytes);
    Statement& bind_real(double value);  // NaN becomes NULL
    Statement& bind_null();

    bool step();  // true: there is a row
    void run();   // to the end

    std::int64_t integer(int column) const;
    std::string text(int column) const;  // of blobs too
    Time time(int column) const { return Time(Duration(integer(column))); }
    bool null(int column) const;

private:
    Database* database_;
    std::string sql_;
    sqlite3_stmt* handle_;
    int bound_ = 0;
};

class Database {
public:
    enum class Mode { create, existing, read_only };

    // Waits up to two seconds for another writer. `immutable`: nobody has the file open, and it lies where we may
    // not write.
    Database(std::string path, Mode mode, bool immutable = false);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    Statement prepare(std::string_view sql);
    void run(std::string_view script);  // several statements without parameters
    std::int64_t integer(std::string_view sql);
    int changed_rows() const;  // by the last statement
    bool in_transaction() const;
    // The path no longer leads to the file that is open: it was removed or replaced under us.
    bool moved() const;
    void copy_to(Database& target);  // as of one moment; others may write meanwhile
    const std::string& path() const { return path_; }

private:
    friend class Statement;
    [[noreturn]] void refuse(int code) const;

    std::string path_;
    sqlite3* handle_ = nullptr;
    std::unordered_map<std::string, std::vector<sqlite3_stmt*>> idle_;
};

// Rolls back unless committed. `write` takes the write lock at once: a deferred read that later writes fails at once
// with "database is locked", however long we would wait. It refuses a file that was removed or replaced: what is
// written there would be gone with this process.
class Transaction {
public:
    enum class Kind { read, write };

    Transaction(Database& database, Kind kind);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

private:
    Database& database_;
};

}  // namespace meshwarden::incidents

#include "incidents/sqlite_database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace meshwarden::incidents {
namespace {

constexpr int busy_milliseconds = 2000;

// Percent-encodes what has a meaning in SQLite's file: URIs.
std::string immutable_uri(const std::string& path) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '%' || c == '?' || c == '#')
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        else
            uri += c;
    }
    return uri + "?immutable=1";
}

}  // namespace

bool SqliteError::damaged() const {
    return code_ == SQLITE_NOTADB || code_ == SQLITE_CORRUPT;
}

Statement::~Statement() {
    if (handle_ == nullptr) return;
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    database_->idle_[sql_].push_back(handle_);
}

Statement& Statement::bind(std::int64_t value) {
    if (const int code = sqlite3_bind_int64(handle_, ++bound_, value)) database_->refuse(code);
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const auto* data = text.data() == nullptr ? "" : text.data();
    if (const int code = sqlite3_bind_text64(handle_, ++bound_, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8))
        database_->refuse(code);
    return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
    const auto* data = bytes.data() == nullptr ? "" : bytes.data();
    if (const int code = sqlite3_bind_blob64(handle_, ++bound_, data, bytes.size(), SQLITE_TRANSIENT))
        database_->refuse(code);
    return *this;
}

Statement& Statement::bind_real(double value) {
    if (const int code = sqlite3_bind_double(handle_, ++bound_, value)) database_->refuse(code);
    return *this;
}

Statement& Statement::bind_null() {
    if (const int code = sqlite3_bind_null(handle_, ++bound_)) database_->refuse(code);
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) database_->refuse(code);
    return code == SQLITE_ROW;
}

void Statement::run() {
    while (step()) {
    }
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return data == nullptr ? std::string() : std::string(data, std::size_t(sqlite3_column_bytes(handle_, column)));
}

bool Statement::null(int column) const {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

Database::Database(std::string path, Mode mode, bool immutable) : path_(std::move(path)) {
    const int access = mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    const int creates = mode == Mode::create ? SQLITE_OPEN_CREATE : 0;
    const int flags = access | creates | SQLITE_OPEN_NOMUTEX | (immutable ? SQLITE_OPEN_URI : 0);
    const auto name = immutable ? immutable_uri(path_) : path_;
    const int code = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr);
    if (code != SQLITE_OK) {
        const std::string message = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
        sqlite3_close_v2(handle_);
        throw SqliteError(code & 0xff, message);
    }
    sqlite3_busy_timeout(handle_, busy_milliseconds);
}

Database::~Database() {
    for (auto& [sql, statements] : idle_)
        for (auto* statement : statements) sqlite3_finalize(statement);
    // The last to close would delete the write-ahead log by its name: now that of another file.
    if (moved()) sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_close_v2(handle_);
}

Statement Database::prepare(std::string_view sql) {
    std::string key(sql);
    auto& idle = idle_[key];
    if (!idle.empty()) {
        auto* handle = idle.back();
        idle.pop_back();
        return {*this, std::move(key), handle};
    }
    sqlite3_stmt* handle = nullptr;
    const int code =
        sqlite3_prepare_v3(handle_, key.c_str(), int(key.size()), SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK) refuse(code);
    return {*this, std::move(key), handle};
}

void Database::run(std::string_view script) {
    if (const int code = sqlite3_exec(handle_, std::string(script).c_str(), nullptr, nullptr, nullptr)) refuse(code);
}

std::int64_t Database::integer(std::string_view sql) {
    auto statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

int Database::changed_rows() const {
    return sqlite3_changes(handle_);
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}

bool Database::moved() const {
    int moved = 0;
    return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void Database::copy_to(Database& target) {
    auto* copy = sqlite3_backup_init(target.handle_, "main", handle_, "main");
    if (copy == nullptr) target.refuse(sqlite3_errcode(target.handle_));
    sqlite3_backup_step(copy, -1);
    if (const int code = sqlite3_backup_finish(copy)) target.refuse(code);
}

void Database::refuse(int code) const {
    throw SqliteError(code & 0xff, sqlite3_errmsg(handle_));
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
    database_.prepare(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN").run();
    if (kind == Kind::read || !database_.moved()) return;
    database_.prepare("ROLLBACK").run();
    throw SqliteError(SQLITE_READONLY, "the file was removed or replaced while it was open");
}

Transaction::~Transaction() {
    // SQLite has already rolled back by itself after some errors (a full disk among them).
    if (!database_.in_transaction()) return;
    try {
        database_.prepare("ROLLBACK").run();
    } catch (const SqliteError&) {
        // The connection is unusable; its next verb says so.
    }
}

void Transaction::commit() {
    database_.prepare("COMMIT").run();
}

}  // namespace meshwarden::incidents

#include <nlohmann/json.hpp>

#include "incidents/record.hpp"
#include "incidents/sqlite_events.hpp"
#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

void count(Database& database, std::string_view sql, std::map<std::string, int>& into) {
    auto rows = database.prepare(sql);
    while (rows.step()) into[rows.text(0)] = int(rows.integer(1));
}

}  // namespace

Result<std::optional<Time>> SqliteStore::cursor(const std::string& prometheus) {
    return verb(*database_, "read the cursor", [&]() -> std::optional<Time> {
        auto row = database_->prepare("SELECT at FROM cursors WHERE prometheus = ?");
        row.bind(prometheus);
        if (!row.step()) return std::nullopt;
        return row.time(0);
    });
}

Result<std::vector<Reading>> SqliteStore::coverage(const std::string& prometheus) {
    return verb(*database_, "read the coverage", [&] {
        std::vector<Reading> readings;
        auto rows = database_->prepare("SELECT body FROM coverage WHERE prometheus = ? ORDER BY signal");
        rows.bind(prometheus);
        while (rows.step()) readings.push_back(reading_of(parse_record(rows.text(0))));
        return readings;
    });
}

Result<std::vector<RuleVerdict>> SqliteStore::rule_verdicts(const std::string& prometheus) {
    return verb(*database_, "read the rules' verdicts", [&] {
        std::vector<RuleVerdict> verdicts;
        auto rows = database_->prepare("SELECT body FROM rule_verdicts WHERE prometheus = ? ORDER BY rule");
        rows.bind(prometheus);
        while (rows.step()) verdicts.push_back(verdict_of(parse_record(rows.text(0))));
        return verdicts;
    });
}

Result<std::string> SqliteStore::detector_state(const std::string& name) {
    return verb(*database_, "read a detector's state", [&] {
        auto row = database_->prepare("SELECT bytes FROM detector_states WHERE name = ?");
        row.bind(name);
        return row.step() ? row.text(0) : std::string();
    });
}

Result<Status> SqliteStore::status() {
    return verb(*database_, "read the status", [&] {
        Transaction transaction(*database_, Transaction::Kind::read);
        Status status;
        const auto pages = database_->integer("PRAGMA page_count");
        status.size_bytes = std::uint64_t(pages * database_->integer("PRAGMA page_size"));
        auto head = database_->prepare("SELECT seq, hash FROM streams WHERE stream = ?");
        if (head.bind(event_stream).step()) {
            status.head_seq = head.integer(0);
            status.head_hash = head.text(1);
        }
        auto cursors = database_->prepare("SELECT prometheus, at FROM cursors");
        while (cursors.step()) status.cursors[cursors.text(0)] = cursors.time(1);
        count(*database_, "SELECT severity, count(*) FROM incidents WHERE state <> 'resolved' GROUP BY severity",
              status.open_by_severity);
        count(*database_, "SELECT target, count(*) FROM outbox WHERE state = 'pending' GROUP BY target",
              status.pending_by_target);
        count(*database_, "SELECT target, count(*) FROM outbox WHERE state = 'dead' GROUP BY target",
              status.dead_by_target);
        auto oldest = database_->prepare("SELECT min(created_at) FROM outbox WHERE state = 'pending'");
        if (oldest.step() && !oldest.null(0)) status.oldest_pending = oldest.time(0);
        return status;
    });
}

}  // namespace meshwarden::incidents

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "incidents/record.hpp"
#include "incidents/sqlite_deliveries.hpp"
#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

constexpr std::size_t longest_answer = 500;
constexpr int largest_page = 500;

// The heads: pending notices before which no other of the same incident and target waits. The index gives them by
// urgency, so that the first is found without a look at ten thousand others.
constexpr std::string_view heads =
    " FROM outbox AS head INDEXED BY outbox_queue WHERE target = ? AND state = 'pending' AND NOT EXISTS"
    " (SELECT 1 FROM outbox AS older WHERE older.target = head.target AND older.incident = head.incident"
    " AND older.state = 'pending' AND older.id < head.id)";

constexpr std::string_view not_sent = "not sent: the target refused to hear of the beginning";

constexpr std::string_view not_configured = "the target is no longer configured";

constexpr std::string_view columns =
    "id, target, reason, event_seq, idempotency_key, body, created_at, state, attempts, attempted_at, error";

Notice notice_of(const Statement& row) {
    Notice notice;
    notice.id = row.integer(0);
    notice.target = row.text(1);
    notice.reason = notice_reason_of(row.text(2));
    notice.event_seq = row.integer(3);
    notice.idempotency_key = row.text(4);
    read_notice(notice, parse_record(row.text(5)));
    notice.created_at = row.time(6);
    return notice;
}

Delivery delivery_of(const Statement& row) {
    Delivery delivery;
    delivery.notice = notice_of(row);
    delivery.state = parse_delivery_state(row.text(7)).value_or(DeliveryState::pending);
    delivery.attempts = int(row.integer(8));
    delivery.at = row.null(9) ? delivery.notice.created_at : row.time(9);
    delivery.error = row.text(10);
    return delivery;
}

std::vector<Delivery> read_deliveries(Statement rows) {
    std::vector<Delivery> deliveries;
    while (rows.step()) deliveries.push_back(delivery_of(rows));
    return deliveries;
}

std::int64_t due_head(Database& database, const std::string& target, Time now) {
    auto row = database.prepare(fmt::format(
        "SELECT id{} AND next_try <= ? AND (claimed_until IS NULL OR claimed_until <= ?)"
        " ORDER BY urgency DESC, id LIMIT 1", heads));
    row.bind(target).bind(now).bind(now);
    return row.step() ? row.integer(0) : 0;
}

// The end of an episode whose beginning the target refused, and of which it took nothing else either.
bool means_nothing(Database& database, std::int64_t id) {
    auto row = database.prepare(
        "SELECT 1 FROM outbox AS one WHERE id = ?1 AND reason IN ('resolved', 'acknowledged') AND EXISTS"
        " (SELECT 1 FROM outbox AS told WHERE told.target = one.target AND told.incident = one.incident"
        " AND told.id < ?1 AND told.refused = 1) AND NOT EXISTS"
        " (SELECT 1 FROM outbox AS told WHERE told.target = one.target AND told.incident = one.incident"
        " AND told.id < ?1 AND told.refused = 0 AND told.id >= COALESCE((SELECT MAX(id) FROM outbox AS opening"
        " WHERE opening.target = one.target AND opening.incident = one.incident AND opening.id < ?1"
        " AND opening.reason = 'opened'), 0))");
    return row.bind(id).step();
}

void give_up_unsent(Database& database, std::int64_t id) {
    database.prepare("UPDATE outbox SET state = 'dead', refused = 1, error = ? WHERE id = ?")
        .bind(not_sent).bind(id).run();
}

// The next to be sent; those that must not be are given up on the way.
std::int64_t next_to_send(Database& database, const std::string& target, Time now) {
    auto id = due_head(database, target, now);
    for (; id != 0 && means_nothing(database, id); id = due_head(database, target, now)) give_up_unsent(database, id);
    return id;
}

}  // namespace

std::vector<Delivery> deliveries_of(Database& database, const std::string& incident) {
    auto rows = database.prepare(fmt::format("SELECT {} FROM outbox WHERE incident = ? ORDER BY id", columns));
    rows.bind(incident);
    return read_deliveries(std::move(rows));
}

int give_up_unknown(Database& database, const std::vector<std::string>& targets) {
    database.prepare("UPDATE outbox SET state = 'dead', error = ?, claimed_by = NULL, claimed_until = NULL"
                     " WHERE state = 'pending' AND target NOT IN (SELECT value FROM json_each(?))")
        .bind(not_configured).bind(dump(targets)).run();
    return database.changed_rows();
}

Result<std::optional<Notice>> SqliteStore::claim(const std::string& target, Time now, Time until) {
    return verb(*database_, "claim a notice", [&]() -> std::optional<Notice> {
        // Most looks find nothing: they need no write lock.
        if (due_head(*database_, target, now) == 0) return std::nullopt;
        Transaction transaction(*database_, Transaction::Kind::write);
        const auto id = next_to_send(*database_, target, now);
        if (id == 0) {
            transaction.commit();
            return std::nullopt;
        }
        database_->prepare("UPDATE outbox SET claimed_by = ?, claimed_until = ? WHERE id = ?")
            .bind(owner_).bind(until).bind(id).run();
        auto row = database_->prepare(fmt::format("SELECT {} FROM outbox WHERE id = ?", columns));
        row.bind(id).step();
        auto notice = notice_of(row);
        transaction.commit();
        return notice;
    });
}

Result<void> SqliteStore::finish(std::int64_t notice, const Attempt& attempt) {
    return verb(*database_, "note a delivery", [&] {
        const bool failed = attempt.state != DeliveryState::delivered;
        const auto answer = clean_text(attempt.answer, longest_answer);
        Transaction transaction(*database_, Transaction::Kind::write);
        auto row = database_->prepare(
            "UPDATE outbox SET state = ?1, attempts = attempts + 1, next_try = ?2, attempted_at = ?3, answer = ?4,"
            " error = CASE WHEN ?5 THEN ?4 ELSE error END, claimed_by = NULL, claimed_until = NULL, refused = ?8"
            " WHERE id = ?6"
            " AND state = 'pending' AND (NOT ?5 OR claimed_by IS NULL OR claimed_by = ?7)");
        row.bind(to_string(attempt.state)).bind(failed ? attempt.next_try : attempt.at).bind(attempt.at)
            .bind(answer).bind(int(failed)).bind(notice).bind(owner_).bind(int(attempt.refused)).run();
        if (database_->changed_rows() > 0) return transaction.commit();
        auto known = database_->prepare("SELECT 1 FROM outbox WHERE id = ?");
        known.bind(notice);
        if (!known.step()) throw std::runtime_error(fmt::format("there is no notice {}", notice));
    });
}

Result<std::optional<Time>> SqliteStore::next_due(const std::string& target) {
    return verb(*database_, "look for due notices", [&]() -> std::optional<Time> {
        auto row = database_->prepare(
            fmt::format("SELECT MIN(MAX(next_try, COALESCE(claimed_until, next_try))){}", heads));
        row.bind(target);
        if (!row.step() || row.null(0)) return std::nullopt;
        return row.time(0);
    });
}

Result<void> SqliteStore::release_claims(Time now) {
    return verb(*database_, "release the leases of the process before", [&] {
        Transaction transaction(*database_, Transaction::Kind::write);
        database_->prepare(
                "UPDATE outbox SET claimed_by = NULL, claimed_until = NULL, next_try = MIN(next_try, ?)"
                " WHERE state = 'pending'")
            .bind(now).run();
        transaction.commit();
    });
}

Result<std::vector<Delivery>> SqliteStore::deliveries(const DeliveryFilter& filter) {
    return verb(*database_, "list deliveries", [&] {
        std::string sql = fmt::format("SELECT {} FROM outbox WHERE TRUE", columns);
        for (std::size_t i = 0; i < filter.states.size(); ++i) sql += i == 0 ? " AND state IN (?" : ", ?";
        if (!filter.states.empty()) sql += ")";
        if (!filter.incident.empty()) sql += " AND incident = ?";
        auto rows = database_->prepare(sql + " ORDER BY id DESC LIMIT ?");
        for (const auto state : filter.states) rows.bind(to_string(state));
        if (!filter.incident.empty()) rows.bind(filter.incident);
        rows.bind(std::clamp(filter.limit, 1, largest_page));
        return read_deliveries(std::move(rows));
    });
}

}  // namespace meshwarden::incidents

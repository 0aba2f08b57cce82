// Retention in small steps, so that nobody waits long for the write lock: presences of edges go, and resolved incidents
// lose their details, by age, or the oldest first while the database is too large. What stays of one: its columns, its
// events without payload.
#include <nlohmann/json.hpp>

#include "incidents/record.hpp"
#include "incidents/sqlite_store.hpp"
#include "incidents/sqlite_topology.hpp"

namespace meshwarden::incidents {
namespace {

constexpr int incidents_a_step = 50;
constexpr std::string_view vacuum_step = "PRAGMA incremental_vacuum(1000)";  // pages

std::uint64_t used_bytes(Database& database) {
    const auto pages = database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count");
    return std::uint64_t(pages * database.integer("PRAGMA page_size"));
}

std::vector<Incident> erasable(Database& database, Time resolved_before) {
    std::vector<Incident> incidents;
    auto rows = database.prepare(
        "SELECT body FROM incidents AS old WHERE state = 'resolved' AND erased_at IS NULL AND resolved_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM outbox WHERE incident = old.id AND outbox.state = 'pending')"
        " ORDER BY resolved_at LIMIT ?");
    rows.bind(resolved_before).bind(incidents_a_step);
    while (rows.step()) incidents.push_back(incident_of(parse_record(rows.text(0))));
    return incidents;
}

int run_on(Database& database, std::string_view sql, const std::string& incident) {
    database.prepare(sql).bind(incident).run();
    return database.changed_rows();
}

void erase(Database& database, const Incident& incident, Time now, Retained& done) {
    done.events += run_on(database, "UPDATE events SET payload = NULL WHERE incident = ?", incident.id);
    done.notices += run_on(database, "DELETE FROM outbox WHERE incident = ?", incident.id);
    run_on(database, "DELETE FROM findings WHERE incident = ?", incident.id);
    database.prepare("UPDATE incidents SET body = ?, erased_at = ? WHERE id = ?")
        .bind(dump(remains_of(incident))).bind(now).bind(incident.id).run();
    ++done.incidents;
}

// Pages that are free go back to the file system; where the file cannot give them they are used again.
bool shrink(Database& database) {
    if (database.integer("PRAGMA freelist_count") == 0 || database.integer("PRAGMA auto_vacuum") == 0) return false;
    database.prepare(vacuum_step).run();
    return database.integer("PRAGMA freelist_count") > 0;
}

}  // namespace

Result<Retained> SqliteStore::retain(const Retention& retention, Time now) {
    return verb(*database_, "erase what is old", [&] {
        Retained done;
        {
            Transaction transaction(*database_, Transaction::Kind::write);
            const bool too_large = used_bytes(*database_) > retention.size;
            const auto by_age = now - retention.age;
            done.presences = erase_presences(*database_, too_large ? Time::max() : by_age);
            for (const auto& incident : erasable(*database_, too_large && done.presences == 0 ? Time::max() : by_age))
                erase(*database_, incident, now, done);
            transaction.commit();
        }
        const bool still_free = shrink(*database_);
        done.used_bytes = used_bytes(*database_);
        done.more = still_free || done.incidents == incidents_a_step || done.presences == presences_a_step ||
                    (done.incidents + done.presences > 0 && done.used_bytes > retention.size);
        return done;
    });
}

}  // namespace meshwarden::incidents

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "incidents/actions.hpp"
#include "incidents/firing.hpp"
#include "incidents/record.hpp"
#include "incidents/settle.hpp"
#include "incidents/sqlite_deliveries.hpp"
#include "incidents/sqlite_events.hpp"
#include "incidents/sqlite_store.hpp"
#include "incidents/sqlite_topology.hpp"

namespace meshwarden::incidents {
namespace {

using nlohmann::json;

constexpr std::string_view known_columns = "subject_key, body, erased_at, episode, prometheus, resolved_at";

Known known_from(const Statement& row) {
    const json record = parse_record(row.text(1));
    if (row.null(2)) return known_of(record);
    Known known;
    known.incident.subject_key = row.text(0);
    known.incident.episode = int(row.integer(3));
    known.incident.prometheus = row.text(4);
    known.incident.resolved_at = row.time(5);
    read_remains(known, record);
    return known;
}

std::vector<Known> values_of(std::map<std::string, Known> known) {
    std::vector<Known> values;
    values.reserve(known.size());
    for (auto& [key, one] : known) values.push_back(std::move(one));
    return values;
}

std::map<std::string, Known> unresolved_of(Database& database, const Tick& tick) {
    std::map<std::string, Known> known;
    auto rows = database.prepare(
        fmt::format("SELECT {} FROM incidents WHERE state <> 'resolved' AND (prometheus = ?1 OR EXISTS"
                    " (SELECT 1 FROM json_each(body, '$.seen_by') WHERE json_each.value = ?1))", known_columns));
    rows.bind(tick.prometheus);
    while (rows.step())
        if (auto key = rows.text(0); !tick.settled_before.contains(key))
            known.emplace(std::move(key), known_from(rows));
    return known;
}

// What settle asks for: whatever is unresolved and ours, and the last episode of every subject found.
std::vector<Known> known_for(Database& database, const Tick& tick) {
    std::map<std::string, Known> known;
    if (!tick.more) known = unresolved_of(database, tick);
    for (const auto& firing : gather(tick.findings)) {
        if (known.contains(firing.subject_key)) continue;
        auto last = database.prepare(
            fmt::format("SELECT {} FROM incidents WHERE subject_key = ? ORDER BY episode DESC LIMIT 1", known_columns));
        if (last.bind(firing.subject_key).step()) known.emplace(firing.subject_key, known_from(last));
    }
    return values_of(std::move(known));
}

std::vector<Known> all_unresolved(Database& database) {
    std::vector<Known> known;
    auto rows = database.prepare(fmt::format("SELECT {} FROM incidents WHERE state <> 'resolved'", known_columns));
    while (rows.step()) known.push_back(known_from(rows));
    return known;
}

void save_sight(Database& database, const Tick& tick) {
    for (const auto& reading : tick.readings)
        database
            .prepare("INSERT INTO coverage (prometheus, signal, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                     " SET body = excluded.body WHERE body <> excluded.body")
            .bind(tick.prometheus).bind(reading.signal).bind(dump(record_of(reading))).run();
    for (const auto& verdict : tick.rules)
        database
            .prepare("INSERT INTO rule_verdicts (prometheus, rule, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                     " SET body = excluded.body WHERE body <> excluded.body")
            .bind(tick.prometheus).bind(verdict.rule).bind(dump(record_of(verdict))).run();
}

void save_progress(Database& database, const Tick& tick) {
    for (const auto& [name, bytes] : tick.detector_states)
        database
            .prepare("INSERT INTO detector_states (name, saved_at, bytes) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
                     " SET saved_at = excluded.saved_at, bytes = excluded.bytes")
            .bind(name).bind(tick.now).bind_blob(bytes).run();
    save_presences(database, tick.prometheus, tick.ended_presences);
    if (tick.reachable)
        database
            .prepare("INSERT INTO cursors (prometheus, at) VALUES (?, ?) ON CONFLICT DO UPDATE SET at = excluded.at")
            .bind(tick.prometheus).bind(tick.at).run();
}

}  // namespace

Result<TickOutcome> SqliteStore::commit(const Tick& tick, const Options& options) {
    return verb(*database_, "commit a tick", [&] {
        Transaction transaction(*database_, Transaction::Kind::write);
        auto outcome = write_changes(*database_, settle(known_for(*database_, tick), tick, options), tick.now);
        if (!tick.more) {
            save_sight(*database_, tick);
            save_progress(*database_, tick);
        }
        transaction.commit();
        return outcome;
    });
}

Result<TickOutcome> SqliteStore::retire(const Configured& configured, Time now, const Options& options) {
    return verb(*database_, "retire what is no longer configured", [&] {
        Transaction transaction(*database_, Transaction::Kind::write);
        const auto given_up = give_up_unknown(*database_, configured.targets);
        auto outcome =
            write_changes(*database_, incidents::retire(all_unresolved(*database_), configured, now, options), now);
        outcome.given_up = given_up;
        transaction.commit();
        return outcome;
    });
}

std::expected<Incident, ActionFailure> SqliteStore::act(const std::string& id, const Action& action, Time now,
                                                        const Options& options) {
    return refusable(verb(*database_, "act on an incident", [&]() -> std::expected<Incident, ActionFailure> {
        Transaction transaction(*database_, Transaction::Kind::write);
        auto row = database_->prepare("SELECT body FROM incidents WHERE id = ? AND erased_at IS NULL");
        row.bind(id);
        if (!row.step()) return std::unexpected(ActionError::not_found);
        auto change = apply(known_of(parse_record(row.text(0))), action, now, options);
        if (!change) return std::unexpected(change.error());
        if (!change->steps.empty()) write_changes(*database_, {*change}, now);
        transaction.commit();
        return change->next.incident;
    }));
}

Result<void> SqliteStore::note_reload(const std::vector<std::string>& changes, Time now) {
    return verb(*database_, "note a reload", [&] {
        Transaction transaction(*database_, Transaction::Kind::write);
        append_event(*database_, now, {.incident = {}, .kind = EventKind::configuration_changed, .by = {}, .note = {},
                                       .set = dump({{"changes", changes}})});
        transaction.commit();
    });
}

}  // namespace meshwarden::incidents

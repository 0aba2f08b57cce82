#include "incidents/sqlite_topology.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "incidents/fields.hpp"
#include "incidents/record.hpp"
#include "incidents/sqlite_schema.hpp"
#include "incidents/sqlite_store.hpp"
#include "model/digest.hpp"

namespace meshwarden::incidents {
namespace {

using nlohmann::json;

json body_of(const TopologyEdge& edge) {
    return {{"labels", to_json(edge.labels)}, {"first_seen", edge.first_seen.time_since_epoch().count()},
            {"events", number(edge.events)},  {"expected", edge.expected},
            {"mtls", edge.mtls},              {"score", number(edge.score)}};
}

TopologyEdge presence_of(const Statement& row) {
    const auto body = parse_record(row.text(0));
    TopologyEdge edge;
    edge.labels = labels_of(body.at("labels"));
    edge.first_seen = Time(Duration(body.at("first_seen").get<std::int64_t>()));
    edge.since = row.time(1);
    edge.last_seen = row.time(2);
    edge.events = number_of(body.at("events"));
    edge.expected = body.at("expected").get<bool>();
    edge.mtls = body.at("mtls").get<std::string>();
    edge.score = number_of(body.at("score"));
    return edge;
}

void read_past(Database& database, const std::string& prometheus, Time at, TopologyPast& past) {
    // Of the columns beside max() SQLite gives those of its row.
    auto rows = database.prepare(
        "SELECT body, max(since), last_seen FROM presences WHERE prometheus = ? AND since <= ? GROUP BY edge"
        " ORDER BY last_seen DESC LIMIT ?");
    rows.bind(prometheus).bind(at).bind(std::int64_t(most_edges_shown) + 1);
    std::size_t found = 0;
    for (; rows.step(); ++found) past.presences.push_back(presence_of(rows));
    past.truncated = past.truncated || found > most_edges_shown;
}

}  // namespace

void save_presences(Database& database, const std::string& prometheus, const std::vector<TopologyEdge>& ended) {
    for (const auto& edge : ended)
        database
            .prepare("INSERT INTO presences (prometheus, edge, since, last_seen, body) VALUES (?, ?, ?, ?, ?)"
                     " ON CONFLICT DO UPDATE SET last_seen = excluded.last_seen, body = excluded.body")
            .bind(prometheus).bind(sha256_hex(to_string(edge_key(edge.labels)))).bind(edge.since).bind(edge.last_seen)
            .bind(dump(body_of(edge))).run();
}

int erase_presences(Database& database, Time last_seen_before) {
    database
        .prepare(
            "INSERT INTO presences_erased SELECT prometheus, max(last_seen) FROM (SELECT prometheus, last_seen FROM"
            " presences WHERE last_seen < ? ORDER BY last_seen, prometheus, edge, since LIMIT ?) WHERE true"
            " GROUP BY prometheus ON CONFLICT DO UPDATE SET until = max(until, excluded.until)")
        .bind(last_seen_before)
        .bind(presences_a_step)
        .run();
    database
        .prepare("DELETE FROM presences WHERE (prometheus, edge, since) IN (SELECT prometheus, edge, since FROM"
                 " presences WHERE last_seen < ? ORDER BY last_seen, prometheus, edge, since LIMIT ?)")
        .bind(last_seen_before).bind(presences_a_step).run();
    return database.changed_rows();
}

Result<TopologyPast> SqliteStore::topology_past(const std::vector<std::string>& prometheus,
                                                const std::vector<Time>& at) {
    auto said = expectations();
    if (!said) return std::unexpected(said.error());
    return verb(*database_, "read the topology's past", [&] {
        TopologyPast past;
        past.expectations = std::move(*said);
        Transaction transaction(*database_, Transaction::Kind::read);
        if (schema_version(*database_) < 3) return past;  // opened to read only: nothing was kept then
        for (const auto& name : prometheus) {
            for (const auto& time : at) read_past(*database_, name, time, past);
            auto erased = database_->prepare("SELECT until FROM presences_erased WHERE prometheus = ?");
            if (erased.bind(name).step())
                past.erased_until = std::max(past.erased_until.value_or(Time{}), erased.time(0));
        }
        return past;
    });
}

}  // namespace meshwarden::incidents

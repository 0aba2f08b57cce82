#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "incidents/record.hpp"
#include "incidents/sqlite_deliveries.hpp"
#include "incidents/sqlite_events.hpp"
#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

constexpr int largest_page = 500;
constexpr std::string_view before_everything = "g";  // ids are hex digits: sorts after every one of them

std::string marks(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += i == 0 ? "?" : ", ?";
    return text;
}

std::string page_query(const IncidentFilter& filter) {
    std::string sql = "SELECT body FROM incidents WHERE id < ? AND erased_at IS NULL";
    if (!filter.states.empty()) sql += fmt::format(" AND state IN ({})", marks(filter.states.size()));
    if (!filter.severities.empty()) sql += fmt::format(" AND severity IN ({})", marks(filter.severities.size()));
    if (!filter.rule.empty()) sql += " AND rule = ?";
    if (filter.since) sql += " AND opened_at >= ?";
    if (filter.until) sql += " AND opened_at <= ?";
    return sql + " ORDER BY id DESC";
}

Statement page_rows(Database& database, const IncidentFilter& filter) {
    auto rows = database.prepare(page_query(filter));
    rows.bind(filter.cursor.empty() ? before_everything : std::string_view(filter.cursor));
    for (const auto state : filter.states) rows.bind(to_string(state));
    for (const auto severity : filter.severities) rows.bind(to_string(severity));
    if (!filter.rule.empty()) rows.bind(filter.rule);
    if (filter.since) rows.bind(*filter.since);
    if (filter.until) rows.bind(*filter.until);
    return rows;
}

std::vector<Event> timeline_of(Database& database, const std::string& id) {
    std::vector<Event> events;
    auto rows = database.prepare(fmt::format("SELECT {} FROM events WHERE incident = ? ORDER BY seq", event_columns));
    rows.bind(id);
    while (rows.step()) events.push_back(event_of(rows));
    return events;
}

}  // namespace

bool is_cursor(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    return text.size() == 24 && text.find_first_not_of(digits) == std::string_view::npos;
}

Result<IncidentPage> SqliteStore::incidents(const IncidentFilter& filter) {
    return verb(*database_, "list incidents", [&] {
        const auto limit = std::size_t(std::clamp(filter.limit, 1, largest_page));
        IncidentPage page;
        auto rows = page_rows(*database_, filter);
        while (rows.step()) {
            auto incident = incident_of(parse_record(rows.text(0)));
            if (!all_match(filter.match, routing_labels(incident))) continue;
            if (page.incidents.size() == limit) {
                page.next_cursor = page.incidents.back().id;
                break;
            }
            page.incidents.push_back(std::move(incident));
        }
        return page;
    });
}

Result<std::optional<IncidentDetail>> SqliteStore::incident(const std::string& id) {
    return verb(*database_, "read an incident", [&]() -> std::optional<IncidentDetail> {
        Transaction transaction(*database_, Transaction::Kind::read);
        auto row = database_->prepare("SELECT body FROM incidents WHERE id = ? AND erased_at IS NULL");
        row.bind(id);
        if (!row.step()) return std::nullopt;
        return IncidentDetail{.incident = incident_of(parse_record(row.text(0))),
                              .evidence = last_evidence(*database_, id),
                              .timeline = timeline_of(*database_, id),
                              .deliveries = deliveries_of(*database_, id)};
    });
}

Result<std::vector<Event>> SqliteStore::events_after(std::int64_t seq, int limit) {
    return verb(*database_, "read events", [&] {
        std::vector<Event> events;
        auto rows = database_->prepare(
            fmt::format("SELECT {} FROM events WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?", event_columns));
        rows.bind(event_stream).bind(seq).bind(std::max(limit, 0));
        while (rows.step()) events.push_back(event_of(rows));
        return events;
    });
}

Result<std::vector<Incident>> SqliteStore::told(const std::string& target, Time resolved_since) {
    return verb(*database_, "read what a target was told", [&] {
        std::vector<Incident> incidents;
        auto rows = database_->prepare(
            "SELECT body FROM incidents WHERE state <> 'resolved'"
            " UNION ALL SELECT body FROM incidents WHERE state = 'resolved' AND erased_at IS NULL AND resolved_at > ?");
        rows.bind(resolved_since);
        while (rows.step()) {
            auto incident = incident_of(parse_record(rows.text(0)));
            if (std::ranges::find(incident.told, target) != incident.told.end())
                incidents.push_back(std::move(incident));
        }
        return incidents;
    });
}

}  // namespace meshwarden::incidents

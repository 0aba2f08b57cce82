// What operators say of edges, as a fold over the events that belong to no incident.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "incidents/fields.hpp"
#include "incidents/record.hpp"
#include "incidents/sqlite_events.hpp"
#include "incidents/sqlite_schema.hpp"
#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

using nlohmann::json;

Expectation declared(std::int64_t seq, Time at, const json& payload) {
    const auto& set = payload.at("set");
    Expectation said;
    said.id = std::to_string(seq);
    said.expected = set.at("expected").get<bool>();
    said.match_text = set.at("match").get<std::vector<std::string>>();
    for (const auto& text : said.match_text) {
        auto matcher = Matcher::parse(text);
        if (!matcher)
            throw std::runtime_error("a matcher of an expectation cannot be read: " + matcher.error().message);
        said.match.push_back(std::move(*matcher));
    }
    said.owner = set.at("owner").get<std::string>();
    said.note = payload.at("note").get<std::string>();
    said.created_at = at;
    said.created_by = payload.at("by").get<std::string>();
    said.expires_at = optional_time_of(set.at("expires_at"));
    return said;
}

Expectations fold(Database& database) {
    Expectations all;
    if (schema_version(database) < 3) return all;  // opened to read only
    auto rows = database.prepare(
        "SELECT seq, at, kind, payload FROM events WHERE incident IS NULL AND stream = ? ORDER BY seq");
    rows.bind(event_stream);
    while (rows.step()) {
        const auto payload = parse_record(rows.text(3));
        if (rows.text(2) == to_string(EventKind::expectation_declared)) {
            all.push_back(declared(rows.integer(0), rows.time(1), payload));
            continue;
        }
        if (rows.text(2) != to_string(EventKind::expectation_withdrawn)) continue;
        const auto which =
            std::ranges::find(all, payload.at("set").at("withdrawn").get<std::string>(), &Expectation::id);
        if (which == all.end()) continue;
        which->ended_at = rows.time(1);
        which->ended_by = payload.at("by").get<std::string>();
    }
    return all;
}

}  // namespace

Result<Expectations> SqliteStore::expectations() {
    return verb(*database_, "read what is expected", [&] { return fold(*database_); });
}

std::expected<Expectation, ActionFailure> SqliteStore::declare(Expectation said, Time now) {
    return refusable(verb(*database_, "declare what is expected", [&]() -> std::expected<Expectation, ActionFailure> {
        Transaction transaction(*database_, Transaction::Kind::write);
        const auto all = fold(*database_);
        const auto holding = std::ranges::count_if(all, [&](const Expectation& each) { return each.holds(now); });
        if (std::size_t(holding) >= most_expectations) return std::unexpected(ActionError::too_many);
        const json set = {{"expected", said.expected}, {"match", said.match_text}, {"owner", said.owner},
                          {"expires_at", time_or_null(said.expires_at)}};
        append_event(*database_, now, {.incident = {}, .kind = EventKind::expectation_declared, .by = said.created_by,
                                       .note = said.note, .set = dump(set)});
        said = fold(*database_).back();
        transaction.commit();
        return said;
    }));
}

std::expected<Expectation, ActionFailure> SqliteStore::withdraw(const std::string& id, const std::string& by, Time now) {
    return refusable(verb(*database_, "withdraw what was expected", [&]() -> std::expected<Expectation, ActionFailure> {
        Transaction transaction(*database_, Transaction::Kind::write);
        const auto all = fold(*database_);
        const auto found = std::ranges::find(all, id, &Expectation::id);
        if (found == all.end()) return std::unexpected(ActionError::not_found);
        if (found->ended_at) return *found;
        append_event(*database_, now, {.incident = {}, .kind = EventKind::expectation_withdrawn, .by = by, .note = {},
                                       .set = dump({{"withdrawn", id}})});
        auto ended = *found;
        ended.ended_at = now;
        ended.ended_by = by;
        transaction.commit();
        return ended;
    }));
}

}  // namespace meshwarden::incidents

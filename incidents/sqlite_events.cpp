#include "incidents/sqlite_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "incidents/json.hpp"
#include "incidents/record.hpp"
#include "model/digest.hpp"

namespace meshwarden::incidents {

using nlohmann::json;

namespace {

// What moves without an event too; every event states it, so that it says how the incident stood.
constexpr std::array moving{"value", "summary", "findings", "crossed_at", "prometheus", "told",
                            "updated_at", "version"};

json patch(const json& before, const json& after) {
    json set = json::object();
    for (const auto& [key, value] : after.items())
        if (!before.contains(key) || before[key] != value) set[key] = value;
    for (const auto* key : moving) set[key] = after.at(key);
    return set;
}

class Writer {
public:
    Writer(Database& database, Time now) : database_(database), now_(now), chain_(database, now) {}

    void write(const Change& change) {
        const auto& incident = change.next.incident;
        const bool patches = !change.is_new && !change.steps.empty();
        json last = patches ? record_before(incident.id) : json::object();
        project(change);
        if (!change.fired && change.grown) replace_evidence(incident.id, *change.grown);
        const auto told = change.fired ? freeze(incident, *change.fired) : told_before(change);
        for (const auto& step : change.steps) {
            json record = record_of(step.after);
            chain_.append({.incident = step.after.id,
                           .kind = step.kind,
                           .by = step.by,
                           .note = step.note,
                           .set = dump(patch(last, record))});
            if (step.notice) post(step, told);
            last = std::move(record);
            outcome_.changes.emplace_back(step.kind, step.after);
        }
    }

    TickOutcome finish() {
        chain_.finish();
        return std::move(outcome_);
    }

private:
    json record_before(const std::string& id) {
        auto row = database_.prepare("SELECT body FROM incidents WHERE id = ?");
        row.bind(id);
        json record = row.step() ? parse_record(row.text(0)) : json::object();
        leave_incident(record);
        return record;
    }

    void project(const Change& change) {
        const auto& incident = change.next.incident;
        auto row = database_.prepare(
            "INSERT INTO incidents (id, subject_key, episode, prometheus, rule, severity, state, opened_at,"
            " resolved_at, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET prometheus = excluded.prometheus, severity = excluded.severity,"
            " state = excluded.state, resolved_at = excluded.resolved_at,"
            " body = excluded.body");
        row.bind(incident.id).bind(incident.subject_key).bind(incident.episode).bind(incident.prometheus)
            .bind(incident.rule).bind(to_string(incident.severity)).bind(to_string(incident.state))
            .bind(incident.opened_at);
        incident.resolved_at ? row.bind(*incident.resolved_at) : row.bind_null();
        row.bind(dump(record_of(change.next))).run();
    }

    Told freeze(const Incident& incident, const Finding& finding) {
        const auto evidence = bounded(finding.evidence);
        Told told{.top_sources = evidence.top_sources, .notes = evidence.notes};
        database_.prepare(
                "INSERT INTO findings (incident, subject_key, prometheus, crossed_at, value, evidence, told)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)")
            .bind(incident.id).bind(incident.subject_key).bind(incident.prometheus).bind(finding.crossed_at)
            .bind_real(finding.value).bind(dump(to_json(evidence))).bind(dump(record_of(told))).run();
        return told;
    }

    void replace_evidence(const std::string& incident, const Evidence& grown) {
        const auto evidence = bounded(grown);
        const Told told{.top_sources = evidence.top_sources, .notes = evidence.notes};
        database_.prepare("UPDATE findings SET evidence = ?, told = ?"
                          " WHERE id = (SELECT max(id) FROM findings WHERE incident = ?)")
            .bind(dump(to_json(evidence))).bind(dump(record_of(told))).bind(incident).run();
    }

    // What later notices tell beside the incident is of its last firing.
    Told told_before(const Change& change) {
        const bool tells = std::ranges::any_of(change.steps, [](const Step& step) { return step.notice.has_value(); });
        if (!tells) return {};
        auto row = database_.prepare("SELECT told FROM findings WHERE incident = ? ORDER BY id DESC LIMIT 1");
        row.bind(change.next.incident.id);
        return row.step() ? told_of(parse_record(row.text(0))) : Told{};
    }

    void post(const Step& step, const Told& told) {
        Notice notice;
        notice.incident = step.after;
        notice.top_sources = told.top_sources;
        notice.notes = told.notes;
        const auto body = dump(record_of(notice));
        const auto reason = to_string(step.notice->reason);
        const auto key = fmt::format("{}:{}:{}", step.after.fingerprint, reason, chain_.seq());
        for (const auto& target : step.notice->targets) {
            database_
                .prepare(
                    "INSERT INTO outbox (target, incident, reason, event_seq, idempotency_key, body, created_at,"
                    " next_try, urgency) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
                .bind(target)
                .bind(step.after.id)
                .bind(reason)
                .bind(chain_.seq())
                .bind(key)
                .bind(body)
                .bind(now_)
                .bind(now_)
                .bind(int(step.after.severity))
                .run();
            ++outcome_.notices;
        }
    }

    Database& database_;
    Time now_;
    Chain chain_;
    TickOutcome outcome_;
};

}  // namespace

std::string chained(std::string_view before, std::int64_t seq, std::string_view digest) {
    return sha256_hex(fmt::format("{}\n{}\n{}", before, seq, digest));
}

Chain::Chain(Database& database, Time now) : database_(database), now_(now) {
    auto head = database_.prepare("SELECT seq, hash, term FROM streams WHERE stream = ?");
    head.bind(event_stream).step();
    seq_ = head.integer(0);
    hash_ = head.text(1);
    term_ = head.integer(2);
}

void Chain::append(const EventDraft& draft) {
    const auto payload = dump({{"incident", draft.incident},
                               {"at", now_.time_since_epoch().count()},
                               {"event", to_string(draft.kind)},
                               {"by", draft.by},
                               {"note", draft.note},
                               {"set", parse_record(draft.set)}});
    const auto digest = sha256_hex(payload);
    hash_ = chained(hash_, ++seq_, digest);
    auto row = database_.prepare(
        "INSERT INTO events (stream, seq, term, incident, at, kind, payload, digest, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    row.bind(event_stream).bind(seq_).bind(term_);
    draft.incident.empty() ? row.bind_null() : row.bind(draft.incident);
    row.bind(now_).bind(to_string(draft.kind)).bind(payload).bind(digest).bind(hash_).run();
}

void Chain::finish() {
    database_.prepare("UPDATE streams SET seq = ?, hash = ? WHERE stream = ?")
        .bind(seq_).bind(hash_).bind(event_stream).run();
}

void append_event(Database& database, Time now, const EventDraft& draft) {
    Chain chain(database, now);
    chain.append(draft);
    chain.finish();
}

TickOutcome write_changes(Database& database, const std::vector<Change>& changes, Time now) {
    if (changes.empty()) return {};
    Writer writer(database, now);
    for (const auto& change : changes) writer.write(change);
    return writer.finish();
}

Evidence last_evidence(Database& database, const std::string& incident) {
    auto row = database.prepare("SELECT evidence FROM findings WHERE incident = ? ORDER BY id DESC LIMIT 1");
    row.bind(incident);
    return row.step() ? evidence_of(parse_record(row.text(0))) : Evidence{};
}

Event event_of(const Statement& row) {
    Event event;
    event.seq = row.integer(0);
    event.incident = row.text(1);
    event.at = row.time(2);
    event.kind = event_kind_of(row.text(3));
    if (!row.null(4)) {
        const json payload = parse_record(row.text(4));
        event.by = payload.at("by").get<std::string>();
        event.note = payload.at("note").get<std::string>();
    }
    event.hash = row.text(5);
    return event;
}

}  // namespace meshwarden::incidents

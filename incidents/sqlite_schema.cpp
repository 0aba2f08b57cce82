#include "incidents/sqlite_schema.hpp"

#include <fmt/format.h>

#include <array>

namespace meshwarden::incidents {
namespace {

constexpr std::int64_t our_application_id = 0x4d574152;  // "MWAR"

// Times are milliseconds since 1970. `body` is JSON (record.hpp); the columns beside it serve searches and the checks.
constexpr std::string_view version_1 = R"sql(
CREATE TABLE incidents (
    id TEXT PRIMARY KEY,
    subject_key TEXT NOT NULL,
    episode INTEGER NOT NULL,
    prometheus TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    resolved_at INTEGER,
    body TEXT NOT NULL,
    UNIQUE (subject_key, episode)
);
CREATE UNIQUE INDEX incidents_unresolved_once ON incidents (subject_key) WHERE state <> 'resolved';
CREATE INDEX incidents_unresolved ON incidents (prometheus) WHERE state <> 'resolved';
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE resolved_at IS NOT NULL;

-- Many to one: each firing of an incident keeps the evidence of its own moment, and what of it every notice tells
-- (top sources and notes).
CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    incident TEXT NOT NULL REFERENCES incidents (id),
    subject_key TEXT NOT NULL,
    prometheus TEXT NOT NULL,
    crossed_at INTEGER NOT NULL,
    value REAL,
    evidence TEXT NOT NULL,
    told TEXT NOT NULL
);
CREATE INDEX findings_incident ON findings (incident, id);

-- Append-only. Retention sets payload to NULL; digest and hash stay, so that the chain still holds.
CREATE TABLE events (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    term INTEGER NOT NULL,
    incident TEXT NOT NULL REFERENCES incidents (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT,
    digest TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
);
CREATE INDEX events_incident ON events (incident, seq);

-- The head of each chain, so that a cut tail shows even without a head hash from elsewhere.
CREATE TABLE streams (
    stream TEXT PRIMARY KEY,
    term INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO streams VALUES ('incidents', 1, 0, '');

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    incident TEXT NOT NULL REFERENCES incidents (id),
    reason TEXT NOT NULL,
    event_seq INTEGER NOT NULL,
    idempotency_key TEXT NOT NULL,
    body TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try INTEGER NOT NULL,
    claimed_by TEXT,
    claimed_until INTEGER,
    attempted_at INTEGER,
    answer TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (target, idempotency_key)
);
CREATE INDEX outbox_pending ON outbox (target, incident, id) WHERE state = 'pending';
CREATE INDEX outbox_state ON outbox (state, target);
CREATE INDEX outbox_incident ON outbox (incident, id);

CREATE TABLE cursors (prometheus TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE detector_states (name TEXT PRIMARY KEY, saved_at INTEGER NOT NULL, bytes BLOB NOT NULL);
CREATE TABLE coverage (
    prometheus TEXT NOT NULL, signal TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (prometheus, signal)
) WITHOUT ROWID;
CREATE TABLE rule_verdicts (
    prometheus TEXT NOT NULL, rule TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (prometheus, rule)
) WITHOUT ROWID;
)sql";

// Retention; the most urgent notice of a target without a sort; and whether a target refused a notice, so that it is
// not told the end of what it does not know.
constexpr std::string_view version_2 = R"sql(
-- Retention leaves of a resolved incident what its next episode must know (record.hpp) and when it was erased.
ALTER TABLE incidents ADD COLUMN erased_at INTEGER;
DROP INDEX incidents_resolved;
CREATE INDEX incidents_resolved ON incidents (resolved_at) WHERE state = 'resolved' AND erased_at IS NULL;
ALTER TABLE outbox ADD COLUMN urgency INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_queue ON outbox (target, urgency DESC, id) WHERE state = 'pending';
)sql";

// The topology's past, and events that belong to no incident: what operators say of edges.
constexpr std::string_view version_3 = R"sql(
-- Each row is a presence that ended: an edge was seen again and again, with one mTLS state. `edge` is a digest of its key.
CREATE TABLE presences (
    prometheus TEXT NOT NULL,
    edge TEXT NOT NULL,
    since INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (prometheus, edge, since)
) WITHOUT ROWID;
CREATE INDEX presences_last_seen ON presences (last_seen);
-- Up to when retention took presences: before, the past is not complete.
CREATE TABLE presences_erased (prometheus TEXT PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;

ALTER TABLE events RENAME TO old_events;
CREATE TABLE events (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    term INTEGER NOT NULL,
    incident TEXT REFERENCES incidents (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT,
    digest TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
);
INSERT INTO events SELECT stream, seq, term, incident, at, kind, payload, digest, hash FROM old_events;
DROP TABLE old_events;
CREATE INDEX events_incident ON events (incident, seq);
CREATE INDEX events_of_no_incident ON events (seq) WHERE incident IS NULL;
)sql";

constexpr std::array versions{version_1, version_2, version_3};

}  // namespace

int newest_schema() {
    return int(versions.size());
}

int schema_version(Database& database) {
    return int(database.integer("PRAGMA user_version"));
}

SchemaState schema_state(Database& database) {
    const auto application = database.integer("PRAGMA application_id");
    if (application != our_application_id) {
        const bool bare = application == 0 && database.integer("SELECT count(*) FROM sqlite_schema") == 0;
        return bare ? SchemaState::empty : SchemaState::foreign;
    }
    const int version = schema_version(database);
    if (version > newest_schema()) return SchemaState::newer;
    return version == newest_schema() ? SchemaState::ours : SchemaState::older;
}

void migrate(Database& database) {
    for (int version = schema_version(database); version < newest_schema(); ++version) {
        Transaction transaction(database, Transaction::Kind::write);
        if (schema_version(database) != version) continue;  // another process was faster
        database.run(versions[std::size_t(version)]);
        database.run(
            fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", our_application_id, version + 1));
        transaction.commit();
    }
}

}  // namespace meshwarden::incidents

// The append-only log and what each Change leaves behind: events, projection, evidence, outbox. Within a write
// transaction of the caller.
#pragma once

#include "incidents/change.hpp"
#include "incidents/sqlite_database.hpp"
#include "incidents/store.hpp"

namespace meshwarden::incidents {

inline constexpr std::string_view event_stream = "incidents";

// hash = H(hash before, seq, digest of the payload)
std::string chained(std::string_view before, std::int64_t seq, std::string_view digest);

// Writes the changes down, in order.
TickOutcome write_changes(Database& database, const std::vector<Change>& changes, Time now);

Evidence last_evidence(Database& database, const std::string& incident);  // of its last firing

// Event from a row of event_columns.
inline constexpr std::string_view event_columns = "seq, incident, at, kind, payload, hash";
Event event_of(const Statement& row);

}  // namespace meshwarden::incidents

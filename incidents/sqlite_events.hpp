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

// What is said of an incident, or of none.
struct EventDraft {
    std::string incident;  // "": of none
    EventKind kind = EventKind::opened;
    std::string by;
    std::string note;
    std::string set;  // JSON: what it changes
};

// Appends to the log. Nothing counts before finish(), which moves the head.
class Chain {
public:
    Chain(Database& database, Time now);

    void append(const EventDraft& draft);
    std::int64_t seq() const { return seq_; }  // of the last event
    void finish();

private:
    Database& database_;
    Time now_;
    std::int64_t seq_ = 0;
    std::int64_t term_ = 0;
    std::string hash_;
};

void append_event(Database& database, Time now, const EventDraft& draft);  // one alone

// Writes the changes down, in order.
TickOutcome write_changes(Database& database, const std::vector<Change>& changes, Time now);

Evidence last_evidence(Database& database, const std::string& incident);  // of its last firing

// Event from a row of event_columns.
inline constexpr std::string_view event_columns = "seq, incident, at, kind, payload, hash";
Event event_of(const Statement& row);

}  // namespace meshwarden::incidents

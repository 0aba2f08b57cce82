// What is kept: incidents as a fold over an append-only, hash-chained log of events, the outbox, the cursors and the
// detectors' state. Domain verbs only; no SQL leaves this folder's sqlite* files.
//
// One Store is one connection and belongs to one thread; any number may be open on one database (WAL). Every verb is
// atomic. An error means that nothing was changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/detector.hpp"
#include "model/error.hpp"
#include "model/graph.hpp"
#include "model/incident.hpp"
#include "model/routes.hpp"

namespace meshwarden::incidents {

struct Options {
    Duration reopen_window = std::chrono::minutes(30);  // calm for less: the same incident reopens, no new episode
    Duration repeat_interval = std::chrono::hours(4);   // an open incident is told again after this long
    std::vector<Route> routes;
    std::vector<std::string> acknowledging_targets;     // of kind pagerduty: they are told of acknowledgements
};

// One tick of one Prometheus, as the loop hands it over.
struct Tick {
    Time now;  // our clock: opened_at, updated_at
    std::string prometheus;
    bool reachable = true;
    Time at;  // becomes the cursor where reachable; that Prometheus' clock
    std::vector<Finding> findings;
    std::vector<RuleVerdict> rules;  // without a verdict a rule was not judged: its incidents become blind
    std::vector<Reading> readings;   // coverage is stored where it changed; updates are not
    std::map<std::string, std::string> detector_states;  // name -> bytes; only those to be saved now
    std::vector<TopologyEdge> ended_presences;           // since the states were saved last
    // Of a tick that is settled in parts (parts.hpp): all but the last settle their findings and nothing else.
    bool more = false;
    std::set<std::string> settled_before;  // subject keys of the parts before
};

// What the configuration still has: incidents of anything else have nobody who could end them, notices to anybody else
// nobody who could send them.
struct Configured {
    std::vector<std::string> rules;
    std::vector<std::string> prometheus;
    std::vector<std::string> targets;
};

struct Retention {
    Duration age = std::chrono::hours(24 * 90);  // of resolved incidents
    std::uint64_t size = 2ull << 30;             // bytes in use
};

// What one small step of retention erased.
struct Retained {
    int incidents = 0;
    int events = 0;   // payloads; their digests stay
    int notices = 0;
    int presences = 0;  // of edges, in the topology's past
    bool more = false;           // there is more to be done
    std::uint64_t used_bytes = 0;  // after it; above Retention::size where only what must stay is left
};

struct TickOutcome {
    std::vector<std::pair<EventKind, Incident>> changes;  // for logs and metrics
    int notices = 0;
    int given_up = 0;  // notices that waited for a target that is no longer configured
};

struct IncidentFilter {
    std::vector<IncidentState> states{};  // empty: all
    std::vector<Severity> severities{};   // empty: all
    std::string rule{};
    Matchers match{};                     // on routing_labels
    std::optional<Time> since{}, until{};  // opened_at, both inclusive
    int limit = 100;                      // 1 to 500; others are taken as the nearest of these
    std::string cursor{};                 // opaque, of the page before (is_cursor); "": from the newest
};

bool is_cursor(std::string_view text);  // could a page have given it out?

struct IncidentPage {
    std::vector<Incident> incidents;  // newest first
    std::string next_cursor;          // "" at the end
};

struct IncidentDetail {
    Incident incident;
    Evidence evidence;
    std::vector<Event> timeline;
    std::vector<Delivery> deliveries;
};

struct Action {
    EventKind kind = EventKind::acknowledged;  // acknowledged, resolved, commented, assigned
    std::string note{};
    std::optional<std::string> assignee{};  // none: as it is, of assigned: nobody
    std::string by{};
    std::optional<std::int64_t> if_version{};
};

enum class ActionError { not_found, version_mismatch, already_resolved, too_many, storage };

struct ActionFailure {
    ActionError kind;
    std::string cause{};  // of `storage`: what was being done, in which file, why it failed, what to do

    ActionFailure(ActionError of_kind, std::string why = {}) : kind(of_kind), cause(std::move(why)) {}
    bool operator==(ActionError other) const { return kind == other; }
};

constexpr std::size_t most_expectations = 200;  // that hold at one time

struct DeliveryFilter {
    std::vector<DeliveryState> states{};  // empty: all
    std::string incident{};               // empty: all
    int limit = 100;                      // 1 to 500
};

struct Attempt {
    DeliveryState state = DeliveryState::delivered;  // pending: try again at `next_try`
    Time at{};
    Time next_try{};
    std::string answer{};  // what the target said, or the error; at most 500 bytes, no secret
    bool refused = false;  // dead by a final answer: the target has not taken it
};

struct Status {
    std::uint64_t size_bytes = 0;
    std::string head_hash;
    std::int64_t head_seq = 0;
    std::map<std::string, Time> cursors;
    std::map<std::string, int> open_by_severity;
    std::map<std::string, int> pending_by_target, dead_by_target;
    std::optional<Time> oldest_pending;
};

struct Verification {
    bool whole = false;
    std::int64_t events = 0;
    std::int64_t erased = 0;         // of them without payload, by retention
    std::int64_t expected_seq = 0;   // the event whose hash was expected; 0: none has it, or none was
    std::int64_t first_bad_seq = 0;  // 0 where whole
    std::string problem;
    std::string head_hash;
};

class Store {
public:
    virtual ~Store() = default;

    virtual Result<std::optional<Time>> cursor(const std::string& prometheus) = 0;
    virtual Result<TickOutcome> commit(const Tick& tick, const Options& options) = 0;
    // What a start or a reload means for what is there: open incidents follow the routes (settle.hpp), those whose rule,
    // or each Prometheus that sees them, is no longer configured are resolved (rule_removed), and notices that wait for
    // a target that is no longer configured are given up for good, also if it comes back.
    virtual Result<TickOutcome> retire(const Configured& configured, Time now, const Options& options) = 0;
    // One small step of retention: the oldest resolved incidents lose their details, the oldest presences of edges go,
    // the file gives pages back. Open incidents and those with notices that still wait keep everything; the chain of
    // events still holds. Where the file is too large presences go first.
    virtual Result<Retained> retain(const Retention& retention, Time now) = 0;

    virtual Result<IncidentPage> incidents(const IncidentFilter& filter) = 0;
    virtual Result<std::optional<IncidentDetail>> incident(const std::string& id) = 0;
    virtual std::expected<Incident, ActionFailure> act(const std::string& id, const Action& action, Time now,
                                                       const Options& options) = 0;
    virtual Result<std::vector<Event>> events_after(std::int64_t seq, int limit) = 0;

    // The most urgent due notice of the target (by the incident's severity, then the oldest), leased until `until`. A
    // notice of an incident never overtakes an older one of the same incident and target. The end of what the target
    // refused to hear of is given up unsent.
    virtual Result<std::optional<Notice>> claim(const std::string& target, Time now, Time until) = 0;
    // An attempt that failed counts only while its lease holds, a success always; finishing twice changes nothing.
    virtual Result<void> finish(std::int64_t notice, const Attempt& attempt) = 0;
    virtual Result<std::optional<Time>> next_due(const std::string& target) = 0;
    // After a start: whatever waits may be tried at once, leases of the process before are void.
    virtual Result<void> release_claims(Time now) = 0;
    virtual Result<std::vector<Delivery>> deliveries(const DeliveryFilter& filter) = 0;  // newest first
    // Open incidents that this target was told of, and those resolved after `resolved_since`.
    virtual Result<std::vector<Incident>> told(const std::string& target, Time resolved_since) = 0;

    virtual Result<std::vector<Reading>> coverage(const std::string& prometheus) = 0;  // without updates
    virtual Result<std::vector<RuleVerdict>> rule_verdicts(const std::string& prometheus) = 0;
    virtual Result<std::string> detector_state(const std::string& name) = 0;

    // What is kept of the topology's past at each of these times.
    virtual Result<TopologyPast> topology_past(const std::vector<std::string>& prometheus,
                                               const std::vector<Time>& at) = 0;
    // What operators say of edges is a fold over events of the log: who said what, when, stands in the chain. The
    // declaration gets its id and created_at. Withdrawing twice changes nothing.
    virtual Result<Expectations> expectations() = 0;  // all, the oldest first
    virtual std::expected<Expectation, ActionFailure> declare(Expectation said, Time now) = 0;
    virtual std::expected<Expectation, ActionFailure> withdraw(const std::string& id, const std::string& by,
                                                               Time now) = 0;
    // What a reload changed, a line each, as an event of the log.
    virtual Result<void> note_reload(const std::vector<std::string>& changes, Time now) = 0;

    virtual Result<Status> status() = 0;
    // Whole, and `expected_head` (unless "") the hash of some event: a head that was told elsewhere stays in the chain.
    virtual Result<Verification> verify(const std::string& expected_head = {}) = 0;
};

enum class Opening { create, existing };

// `sqlite:PATH` (migrated; created, unless it must exist); `sqlite::memory:` for tests. Errors on another scheme, a
// newer schema, a file that is no database. A Store whose file is removed or replaced still reads, but writes no more.
Result<std::unique_ptr<Store>> open_store(std::string_view url, Opening how = Opening::create);
// For `verify`: never creates or changes the file; a plain path will do too. Errors only where the file cannot be
// opened: one that is no database, or a broken one, is what verify() answers.
Result<std::unique_ptr<Store>> open_store_read_only(std::string_view url);

// Copies a database, as of one moment, while others may write to it. The copy is verified and appears under its name
// only when it is whole. Errors where `file` exists, or nothing can be read or written; a broken source is what the
// Verification says, and leaves no file.
Result<Verification> back_up(std::string_view url, const std::string& file);

}  // namespace meshwarden::incidents

// An incident, its events, and the notices that it causes. Incidents are a fold over their events. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"

namespace meshwarden {

enum class IncidentState { open, acknowledged, resolved };
std::string_view to_string(IncidentState state);
std::optional<IncidentState> parse_incident_state(std::string_view text);

struct Incident {
    std::string id;           // opaque, sorts by opening time
    std::string subject_key;  // hash(rule, subject)
    int episode = 1;
    std::string fingerprint;  // hash(subject_key, episode)
    std::string prometheus;   // whose snapshots open and resolve it
    std::string rule;
    IncidentKind kind = IncidentKind::threshold;
    Severity severity = Severity::medium;
    IncidentState state = IncidentState::open;
    bool flapping = false;
    bool late = false;
    bool blind = false;
    Labels labels;
    std::string summary;
    std::string action;
    std::string runbook_url;
    std::vector<std::string> techniques;
    double value = 0;
    double threshold = 0;
    Duration window{0};
    int findings = 1;
    Time started_at;
    Time crossed_at;
    Time opened_at;
    Time updated_at;
    std::optional<Time> resolved_at;
    std::string resolve_reason;  // quiet, user, rule_removed; "" while not resolved
    std::optional<Time> acknowledged_at;
    std::string acknowledged_by;
    std::string assignee;
    std::int64_t version = 1;    // rises with every change; the ETag
    int reopened = 0;
    std::vector<std::string> told;  // targets with a queued or sent `opened`
    Time last_notice_at;
};

enum class EventKind {
    opened,
    peaked,
    escalated,
    acknowledged,
    commented,
    assigned,
    silenced,
    resolved,
    reopened,
    blinded,
    sighted,
    expectation_declared,   // these three belong to no incident
    expectation_withdrawn,
    configuration_changed,
    reminded,  // causes the still_open notices: each needs a sequence number of its own
};
std::string_view to_string(EventKind kind);

struct Event {
    std::int64_t seq = 0;
    std::string incident;  // "": of none
    Time at;
    EventKind kind = EventKind::opened;
    std::string by;       // token name of a person, "" for ourselves
    std::string note;
    std::string hash;     // hex, of the chain up to and with this event
};

enum class NoticeReason { opened, escalated, still_open, resolved, acknowledged };
std::string_view to_string(NoticeReason reason);

enum class DeliveryState { pending, delivered, dead };
std::string_view to_string(DeliveryState state);
std::optional<DeliveryState> parse_delivery_state(std::string_view text);

// One message to one target, as it was decided; a retry sends the same bytes.
struct Notice {
    std::int64_t id = 0;
    std::string target;
    NoticeReason reason = NoticeReason::opened;
    std::int64_t event_seq = 0;
    std::string idempotency_key;  // fingerprint:reason:event_seq
    Incident incident;            // as it stood then
    std::vector<TopSource> top_sources;
    std::vector<std::string> notes;
    Time created_at;
};

struct Delivery {
    Notice notice;
    DeliveryState state = DeliveryState::pending;
    int attempts = 0;
    Time at;             // of the last attempt, or of creation
    std::string error;   // of the last failed attempt; no secret in it
};

}  // namespace meshwarden

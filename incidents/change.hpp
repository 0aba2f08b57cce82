// What settle is given and what it decides. Values only; the Store writes them down in one transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/incident.hpp"

namespace meshwarden::incidents {

// The last episode of a subject, with what only the decisions need of it.
struct Known {
    Incident incident;
    std::vector<std::string> seen_by;  // each Prometheus at which the rule still fires; empty once resolved
    double marked = 0;                 // the value at the last event that told of one (opened, reopened, peaked)
};

struct NoticeDraft {
    NoticeReason reason = NoticeReason::opened;
    std::vector<std::string> targets;  // never empty
};

// One event, the incident as it stands after it, and whom it makes us tell.
struct Step {
    EventKind kind = EventKind::opened;
    std::string by;
    std::string note;
    Incident after;
    std::optional<NoticeDraft> notice;
};

struct Change {
    Known next;
    bool is_new = false;           // an episode that the Store does not have yet
    std::vector<Step> steps;       // in order; none: only the projection moves
    std::optional<Finding> fired;  // whose evidence is to be frozen: where it opened or reopened
    std::optional<Evidence> grown;  // replaces that of the last firing: the value rose, and the evidence with it
};

// Makes events of a Change: every step counts as one more version.
class Draft {
public:
    Draft(Known known, Time now)
        : change_{.next = std::move(known), .is_new = false, .steps = {}, .fired = {}, .grown = {}}, now_(now) {}

    Incident& incident() { return change_.next.incident; }
    Known& known() { return change_.next; }
    Change& change() { return change_; }
    bool resolved() const { return change_.next.incident.state == IncidentState::resolved; }

    void step(EventKind kind, std::string note, std::string by = {});
    // The step just made is told to these; nobody: no notice.
    void tell(NoticeReason reason, std::vector<std::string> targets);
    void resolve(std::string reason, std::string note, std::string by = {});
    void moved();  // the projection changed without an event

private:
    Change change_;
    Time now_;
};

}  // namespace meshwarden::incidents

// What settle is given and what it decides. Values only; the Store writes them down in one transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/incident.hpp"

namespace meshwarden::incidents {

// How steadily the incident can be seen: one whose rule is judged at one tick and blind at the next would write an
// event each time.
struct Sighting {
    int relapses = 0;                    // blind again soon after it was seen again, in a row
    std::optional<Time> regained_at;     // the last `sighted`
    std::optional<Time> judged_since;    // judged at every tick since, but still called blind
};

// The last episode of a subject, with what only the decisions need of it.
struct Known {
    Incident incident;
    std::vector<std::string> seen_by;  // each Prometheus at which the rule still fires; empty once resolved
    double marked = 0;                 // the value at the last event that told of one (opened, reopened, peaked)
    Sighting sighting;
    bool erased = false;               // by retention: enough to number the next episode, not to reopen this one
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
    bool noted = false;             // something that only decisions need has changed: no new version
};

// Makes events of a Change: every step counts as one more version.
class Draft {
public:
    Draft(Known known, Time now)
        : change_{.next = std::move(known), .is_new = false, .steps = {}, .fired = {}, .grown = {}, .noted = false},
          now_(now) {}

    Incident& incident() { return change_.next.incident; }
    Known& known() { return change_.next; }
    Change& change() { return change_; }
    bool resolved() const { return change_.next.incident.state == IncidentState::resolved; }

    void step(EventKind kind, std::string note, std::string by = {});
    // The step just made is told to these; nobody: no notice.
    void tell(NoticeReason reason, std::vector<std::string> targets);
    void resolve(std::string reason, std::string note, std::string by = {});
    void moved();  // the projection changed without an event
    void noted() { change_.noted = true; }

private:
    Change change_;
    Time now_;
};

}  // namespace meshwarden::incidents

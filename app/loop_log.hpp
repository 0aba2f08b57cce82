// What the log says of the loop of one Prometheus: each failure once at its begin and once at its end. Of one thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "model/incident.hpp"
#include "model/outage.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::app {

// An incident that was opened, resolved or otherwise changed.
void log_change(EventKind kind, const Incident& incident);

class LoopLog {
public:
    explicit LoopLog(std::string prometheus) : prometheus_(std::move(prometheus)) {}

    void polled(const Snapshot& snapshot, Time now);  // reachable or not, and what has become blind
    void resumed(const Snapshot& snapshot, std::optional<Time> cursor);  // is the saved cursor ahead of its clock?

private:
    void over(Outage& outage, Time now, std::string_view what, std::string_view signal = {}) const;

    std::string prometheus_;
    Outage unreachable_;
    Outage ahead_;
    std::map<std::string, Outage> blind_;  // by signal
};

}  // namespace meshwarden::app

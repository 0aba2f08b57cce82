// Who is told: routes as in Alertmanager, first match wins unless it continues. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/incident.hpp"
#include "model/matcher.hpp"

namespace meshwarden {

struct Route {
    std::vector<std::string> match_text;
    Matchers match;
    std::vector<std::string> targets;
    bool goes_on = false;  // `continue` in YAML
};

// Labels that routes and filters see: the incident's own, and `severity`, `rule` (also `alertname`), `kind`.
Labels routing_labels(const Incident& incident);

// The targets of an incident, each once, in the order of the routes.
std::vector<std::string> targets_for(const std::vector<Route>& routes, const Labels& labels);

}  // namespace meshwarden

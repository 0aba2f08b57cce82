// An incident in Alertmanager's words; what its webhook and its API have in common. Pure.
#pragma once

#include <map>
#include <string>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

using Strings = std::map<std::string, std::string>;

// The incident's labels with alertname, severity and incident. Names fit Alertmanager's grammar, values are UTF-8.
Strings alert_labels(const Incident& incident);
// summary, action, runbook_url, incident_url; empty ones too.
Strings alert_annotations(const Incident& incident, const Options& options);
// Not before it began, whatever two clocks say.
Time alert_end(const Incident& incident, Time otherwise);

}  // namespace meshwarden::notify

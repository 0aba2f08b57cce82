// Incidents as the body of Alertmanager's POST /api/v2/alerts. Pure.
//
// A firing alert ends by itself five minutes after it was last told, so it is told anew every minute; a resolved one
// is repeated for as long. Severity is a label and so part of an alert's identity: after an escalation the alert of
// the lower severity ends by itself.
#pragma once

#include <span>
#include <string>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

constexpr Duration alert_lifetime = std::chrono::minutes(5);
constexpr Duration alert_repeat = std::chrono::minutes(1);

std::string alertmanager_alerts(std::span<const Incident> incidents, const Options& options, Time now);

}  // namespace meshwarden::notify

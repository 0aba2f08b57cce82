// A notice as an event of PagerDuty's Events API v2. Pure; at most 512,000 bytes.
#pragma once

#include <string>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

// The same for trigger, acknowledge and resolve of one incident (one episode); at most 255 characters.
std::string pagerduty_dedup_key(const Options& options, const Incident& incident);

std::string pagerduty_event(const Notice& notice, const Options& options, const std::string& routing_key);

}  // namespace meshwarden::notify

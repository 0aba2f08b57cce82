// A sign of life, and its wording for every kind of target: who speaks, how things stand, and the head of the chain of
// events, so that somebody else holds it. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "notify/options.hpp"

namespace meshwarden::notify {

struct Pulse {
    std::string version;
    std::string read_error;   // why the store cannot be read; "": it can
    std::string head_hash;    // "": the log has no event yet
    std::int64_t head_seq = 0;
    std::map<std::string, int> open_by_severity;  // of a store that can be read
    std::vector<std::string> blind_signals;  // each once
    std::string storage_error;               // "": what is found is saved
};

std::string pulse_text(const Pulse& pulse, const Options& options);  // one sentence a thing, on one line
std::string slack_pulse(const Pulse& pulse, const Options& options);
// A change event: PagerDuty keeps it for 90 days and never pages.
std::string pagerduty_pulse(const Pulse& pulse, const Options& options, Time now, const std::string& routing_key);
// One alert that ends by itself after three intervals without another.
std::string alertmanager_pulse(const Pulse& pulse, const Options& options, Time now, Duration interval);
std::string webhook_pulse(const Pulse& pulse, const Options& options, Time now, const std::string& receiver);
std::string webhook_pulse_key(const Options& options, Time now);  // Idempotency-Key

}  // namespace meshwarden::notify

#pragma once

#include <string>
#include <vector>

#include "io/http_client.hpp"
#include "model/time.hpp"

namespace meshwarden::notify {

enum class TargetKind { slack, pagerduty, alertmanager, webhook };

// One place to tell. Secrets are files or came from the environment; they are read when they are used.
struct Target {
    std::string name;
    TargetKind kind = TargetKind::webhook;
    io::Endpoint endpoint;          // pagerduty, alertmanager, webhook: url
    std::string url_file;           // slack: webhook_url_file, the whole URL is the secret
    std::string routing_key_file;   // pagerduty
    std::string hmac_secret_file;   // webhook
    double messages_per_second = 1; // rate limit, bursts of 10; 0: what the kind allows, see messages_per_second()
};

// The target's own rate, else Slack 1 (its limit a channel), PagerDuty 2 (120 a minute a key), the others 50.
double messages_per_second(const Target& target);

struct Options {
    std::string instance = "meshwarden";  // part of every dedup key
    std::string external_url;             // of the console, for links
    std::vector<Target> targets;
    Duration retry_first = std::chrono::seconds(1);   // doubled after every failure
    Duration retry_longest = std::chrono::seconds(30);
    Duration give_up_after = std::chrono::hours(24);
};

}  // namespace meshwarden::notify

// One round of instant queries, asked together; the same question is asked once. Used by one thread.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "collector/metrics.hpp"
#include "collector/options.hpp"
#include "collector/prometheus_answer.hpp"
#include "io/http_client.hpp"

namespace meshwarden::collector {

using Outcome = std::expected<Answer, Cause>;

// The door to one Prometheus. Everything is owned elsewhere.
struct Door {
    const Options& options;
    io::HttpClient& http;
    Metrics& metrics;
};

class Questions {
public:
    using Id = std::size_t;

    // At `at`, a time by Prometheus' own clock; `signal` is whom the duration is counted for.
    Id ask(std::string query, Time at, std::string_view signal);

    // Sends all that was asked; fails per question.
    void send(const Door& door, std::stop_token stop);

    const Outcome& operator[](Id id) const { return outcomes_[id]; }
    Duration took(Id id) const { return took_[id]; }
    bool empty() const { return queries_.empty(); }

private:
    struct Query {
        std::string text;
        Time at;
        std::string signal;
    };
    std::vector<Query> queries_;
    std::map<std::pair<std::string, Time>, Id> known_;
    std::vector<Outcome> outcomes_;
    std::vector<Duration> took_;
};

// Evaluated at from, from + step, ..., to; at most 11,000 times (the limit of Prometheus).
struct TimeRange {
    Time from, to;
    Duration step{0};
};
struct RangeQuestion {
    std::string text;
    std::string_view signal;
};
std::vector<Outcome> ask_range(const Door& door, const std::vector<RangeQuestion>& questions, const TimeRange& range,
                               std::stop_token stop);

// What the server's clock says; the probe of reachability.
std::expected<Time, Cause> ask_time(const Door& door, std::stop_token stop);

std::expected<ScrapeFacts, Cause> ask_targets(const Door& door, std::stop_token stop);

}  // namespace meshwarden::collector

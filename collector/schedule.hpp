// When what is asked: how often to poll, and the slower questions. Pure: times are Prometheus' own.
#pragma once

#include <optional>

#include "collector/prometheus_answer.hpp"

namespace meshwarden::collector {

class Schedule {
public:
    explicit Schedule(std::optional<Duration> poll_interval) : poll_interval_(poll_interval) {}

    // Until the next poll: a fifth of a scrape interval, but at least ten times what the queries of a poll take.
    Duration interval() const;
    void polled(Duration queries_took);

    bool targets_due(Time now) const { return now >= targets_next_; }
    void targets_read(Time now, const ScrapeFacts* facts, Duration took);

    bool liveness_due(Time now) const { return now >= liveness_next_; }
    void liveness_read(Time now, Duration took);
    void liveness_changed(Time now);  // targets came, went, began or ceased to fail, or a family was born

    // Between two questions for the number of targets and for when any was scraped last.
    Duration census_interval() const;

    Duration scrape_interval() const { return scrape_interval_; }
    // How late a sample may come after its time, or after the newest one where others send them.
    Duration margin() const;
    // It lists no target of its own: others scrape, and send what they have.
    bool receives() const { return receives_; }

private:
    std::optional<Duration> poll_interval_;
    double took_ms_ = 0;  // moving average
    bool polled_ = false;
    Duration scrape_interval_ = std::chrono::seconds(15);
    Duration margin_ = std::chrono::seconds(2);
    bool receives_ = true;
    Time targets_next_;
    Time liveness_next_;
    Time liveness_soonest_;
    std::optional<Time> eager_until_;
};

}  // namespace meshwarden::collector

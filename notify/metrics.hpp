// The courier's metrics, on a registry of somebody else that outlives it. Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "incidents/store.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

class Metrics {
public:
    Metrics(prometheus::Registry& registry, const std::vector<Target>& targets);
    ~Metrics();  // what waits for a target that a reload removed is shown no more
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    // result: delivered, retry (this try failed), dead (given up)
    void count(const std::string& target, NoticeReason reason, std::string_view result);
    // The target took the notice that opened an incident: how long after its first event.
    void told(const std::string& target, Duration after_first_event);
    // True for one caller every second: time to look at the store.
    bool is_due(Time now);
    void show(const incidents::Status& status, Time now);

private:
    prometheus::Histogram& time_to_tell(const std::string& target);
    prometheus::Counter& counter(const std::string& target, NoticeReason reason, std::string_view result);

    std::vector<std::string> targets_;
    prometheus::Family<prometheus::Counter>& notifications_;
    prometheus::Family<prometheus::Histogram>& time_to_tell_;
    prometheus::Family<prometheus::Gauge>& pending_;
    prometheus::Family<prometheus::Gauge>& dead_;
    prometheus::Gauge& oldest_;
    std::mutex mutex_;
    Time shown_at_{};
};

}  // namespace meshwarden::notify

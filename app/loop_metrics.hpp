// Metrics of the loop, on the registry that is passed in. Thread-safe.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "model/detector.hpp"
#include "model/incident.hpp"
#include "model/topology.hpp"

namespace meshwarden::app {

class LoopMetrics {
public:
    explicit LoopMetrics(prometheus::Registry& registry);

    void ticked(const std::string& prometheus, const char* result, Duration took);
    void missed(const std::string& prometheus, std::int64_t ticks);
    void not_saved(const std::string& prometheus);
    void judged(const std::string& prometheus, const RuleVerdict& verdict);
    void opened(const Incident& incident);
    void topology(const std::string& prometheus, const Topology& topology);
    void warmed_up(const std::string& prometheus, double share);
    void left(const std::string& prometheus);  // nobody watches it any longer, or another loop will

private:
    void show_rule(const std::string& rule, const std::map<std::string, RuleHealth>& healths);
    void show_edges();

    prometheus::Family<prometheus::Counter>& ticks_;
    prometheus::Family<prometheus::Counter>& missed_;
    prometheus::Family<prometheus::Counter>& not_saved_;
    prometheus::Family<prometheus::Histogram>& duration_;
    prometheus::Family<prometheus::Gauge>& rules_;
    prometheus::Family<prometheus::Counter>& opened_;
    prometheus::Family<prometheus::Gauge>& edges_;
    prometheus::Family<prometheus::Gauge>& warm_up_;
    prometheus::Counter& new_edges_;
    prometheus::Counter& forgotten_edges_;
    prometheus::Counter& left_out_events_;

    struct Known {
        std::map<std::string, double> by_protocol;
        std::uint64_t edges = 0, forgotten = 0, left_out = 0;
    };
    std::mutex mutex_;
    std::map<std::string, Known> topologies_;                           // by Prometheus
    std::map<std::string, std::map<std::string, RuleHealth>> healths_;  // by rule and Prometheus
};

}  // namespace meshwarden::app

// The collector's own metrics, for one Prometheus, on a registry that is passed in and outlives it. Counters and
// histograms live as long as the registry; what tells how things stand (gauges) ends with this object, so that a signal
// or a Prometheus that a reload removed is not shown for ever. asked() and failed() are thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "model/snapshot.hpp"

namespace prometheus {
class Registry;
class Counter;
class Gauge;
class Histogram;
template <typename T>
class Family;
}  // namespace prometheus

namespace meshwarden::collector {

class Metrics {
public:
    Metrics(::prometheus::Registry& registry, std::string prometheus);
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    void asked(std::string_view signal, Duration took);
    void failed(std::string_view signal, std::string_view reason);
    void polled(const Snapshot& snapshot);  // states, coverage, the time of a good poll

private:
    using Gauges = ::prometheus::Family<::prometheus::Gauge>;

    void show(Gauges& family, const std::map<std::string, std::string>& labels, double value);
    void show_cause(const Reading& reading);

    std::string prometheus_;
    ::prometheus::Family<::prometheus::Histogram>& query_duration_;
    ::prometheus::Family<::prometheus::Counter>& queries_failed_;
    Gauges& last_good_poll_;
    Gauges& signal_state_;
    Gauges& coverage_ratio_;
    Gauges& blind_;
    std::set<std::pair<Gauges*, ::prometheus::Gauge*>> shown_;
    std::map<std::string, std::pair<std::string, ::prometheus::Gauge*>> causes_;  // of each blind signal
};

}  // namespace meshwarden::collector

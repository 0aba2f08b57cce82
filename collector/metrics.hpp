// The collector's own metrics, for one Prometheus, on a registry that is passed in. The series live as long as the
// registry; setting them is thread-safe.
#pragma once

#include <string>
#include <string_view>

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

    void asked(std::string_view signal, Duration took);
    void failed(std::string_view signal, std::string_view reason);
    void polled(const Snapshot& snapshot);  // states, coverage, the time of a good poll

private:
    std::string prometheus_;
    ::prometheus::Family<::prometheus::Histogram>& query_duration_;
    ::prometheus::Family<::prometheus::Counter>& queries_failed_;
    ::prometheus::Family<::prometheus::Gauge>& last_good_poll_;
    ::prometheus::Family<::prometheus::Gauge>& signal_state_;
    ::prometheus::Family<::prometheus::Gauge>& coverage_ratio_;
};

}  // namespace meshwarden::collector

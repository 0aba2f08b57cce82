#include "collector/metrics.hpp"

#include <algorithm>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

namespace meshwarden::collector {
namespace {

template <class Builder>
auto& family(Builder builder, ::prometheus::Registry& registry, const char* name, const char* help) {
    return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics(::prometheus::Registry& registry, std::string prometheus)
    : prometheus_(std::move(prometheus)),
      query_duration_(family(::prometheus::BuildHistogram(), registry, "meshwarden_query_duration_seconds",
                             "How long queries to a Prometheus took.")),
      queries_failed_(family(::prometheus::BuildCounter(), registry, "meshwarden_queries_failed_total",
                             "Queries without a whole answer, by reason.")),
      last_good_poll_(family(::prometheus::BuildGauge(), registry, "meshwarden_last_good_poll_timestamp_seconds",
                             "When every signal of a Prometheus was last answered, by its own clock.")),
      signal_state_(family(::prometheus::BuildGauge(), registry, "meshwarden_signal_state",
                           "1 for the state that holds: observed, zero (proven live) or blind.")),
      coverage_ratio_(family(::prometheus::BuildGauge(), registry, "meshwarden_signal_coverage_ratio",
                             "Share of the targets that ought to show a signal and do.")),
      blind_(family(::prometheus::BuildGauge(), registry, "meshwarden_signal_blind_info",
                    "1 for each signal that is blind, with the cause.")) {}

void Metrics::asked(std::string_view signal, Duration took) {
    static const ::prometheus::Histogram::BucketBoundaries buckets = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
    query_duration_.Add({{"prometheus", prometheus_}, {"signal", std::string(signal)}}, buckets)
        .Observe(std::chrono::duration<double>(took).count());
}

void Metrics::failed(std::string_view signal, std::string_view reason) {
    queries_failed_
        .Add({{"prometheus", prometheus_}, {"signal", std::string(signal)}, {"reason", std::string(reason)}})
        .Increment();
}

Metrics::~Metrics() {
    for (const auto& [family, gauge] : shown_) family->Remove(gauge);
    for (const auto& [signal, cause] : causes_) blind_.Remove(cause.second);
}

void Metrics::show(Gauges& family, const std::map<std::string, std::string>& labels, double value) {
    auto& gauge = family.Add(labels);
    gauge.Set(value);
    shown_.emplace(&family, &gauge);
}

void Metrics::polled(const Snapshot& snapshot) {
    for (const auto& reading : snapshot.readings) {
        const auto& coverage = reading.coverage;
        for (const Sight sight : {Sight::observed, Sight::zero, Sight::blind}) {
            const std::string state(to_string(sight));
            show(signal_state_, {{"prometheus", prometheus_}, {"signal", reading.signal}, {"state", state}},
                 sight == coverage.sight);
        }
        const double ratio = coverage.expected > 0 ? double(coverage.covered) / coverage.expected : 0;
        show(coverage_ratio_, {{"prometheus", prometheus_}, {"signal", reading.signal}}, ratio);
        show_cause(reading);
    }
    const bool good = snapshot.reachable && std::ranges::none_of(snapshot.readings, [](const Reading& reading) {
                          const auto& code = reading.coverage.cause.code;
                          return code == "query_failed" || code == "timeout" || code == "partial";
                      });
    if (good) show(last_good_poll_, {{"prometheus", prometheus_}}, to_epoch_seconds(snapshot.at));
}

// A cause that holds no more must leave no series behind: it would go on to say that the signal is blind.
void Metrics::show_cause(const Reading& reading) {
    const auto& coverage = reading.coverage;
    const auto cause = coverage.sight == Sight::blind ? coverage.cause.code : "";
    const auto shown = causes_.find(reading.signal);
    if (shown != causes_.end() && shown->second.first == cause) return;
    if (shown != causes_.end()) {
        blind_.Remove(shown->second.second);
        causes_.erase(shown);
    }
    if (cause.empty()) return;
    auto& gauge = blind_.Add({{"prometheus", prometheus_}, {"signal", reading.signal}, {"cause", cause}});
    gauge.Set(1);
    causes_.emplace(reading.signal, std::pair(cause, &gauge));
}

}  // namespace meshwarden::collector

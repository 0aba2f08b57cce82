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
                             "Share of the targets that ought to show a signal and do.")) {}

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

void Metrics::polled(const Snapshot& snapshot) {
    for (const auto& reading : snapshot.readings) {
        for (const Sight sight : {Sight::observed, Sight::zero, Sight::blind}) {
            signal_state_
                .Add({{"prometheus", prometheus_}, {"signal", reading.signal}, {"state", std::string(to_string(sight))}})
                .Set(sight == reading.coverage.sight ? 1 : 0);
        }
        const auto& coverage = reading.coverage;
        const double ratio = coverage.expected > 0 ? double(coverage.covered) / coverage.expected : 0;
        coverage_ratio_.Add({{"prometheus", prometheus_}, {"signal", reading.signal}}).Set(ratio);
    }
    const bool good = snapshot.reachable && std::ranges::none_of(snapshot.readings, [](const Reading& reading) {
                          const auto& code = reading.coverage.cause.code;
                          return code == "query_failed" || code == "timeout" || code == "partial";
                      });
    if (good) last_good_poll_.Add({{"prometheus", prometheus_}}).Set(to_epoch_seconds(snapshot.at));
}

}  // namespace meshwarden::collector

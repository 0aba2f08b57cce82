// What this process costs, by the names that every Prometheus client uses: read from /proc when it is asked for.
// Thread-safe. What /proc does not tell is left out, never shown as zero.
#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

#include "model/time.hpp"

namespace meshwarden::app {

class ProcessMetrics final : public prometheus::Collectable {
public:
    explicit ProcessMetrics(Time started_at) : started_at_(started_at) {}
    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    Time started_at_;
};

}  // namespace meshwarden::app

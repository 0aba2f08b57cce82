#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/http_client.hpp"
#include "model/time.hpp"

namespace meshwarden::collector {

// One Prometheus (or Thanos, Mimir, VictoriaMetrics) to read.
struct Options {
    std::string name = "main";
    std::string cluster;                    // label `cluster` where the series carry none
    std::optional<Duration> poll_interval;  // none: auto, up to five times a scrape interval
    io::Endpoint endpoint;                  // url may carry a path prefix
    std::vector<std::string> trust_domains = {"cluster.local"};  // hosts end in .svc.<trust domain>
    std::size_t max_series = 100'000;       // per signal; more are refused with the cause too_many_series
};

}  // namespace meshwarden::collector

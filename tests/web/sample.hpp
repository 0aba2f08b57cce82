// A small world for the tests of the web: a store with a few incidents, signals, rules and a topology, no Prometheus.
#pragma once

#include <prometheus/registry.h>

#include <atomic>
#include <string>

#include "web/dependencies.hpp"
#include "web/routes.hpp"

namespace meshwarden::tests {

inline const std::string hostile =
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

struct Sample {
    std::string storage_url;
    Time now = from_epoch_seconds(1'767'225'600);  // 2026-01-01
    std::atomic<bool> ready = true;
    std::atomic<int> wakes = 0;
    std::vector<std::string> problems;  // of the next reload
    prometheus::Registry registry;

    // Five incidents: denials (high), mTLS failures (critical), retries (medium, hostile labels), a new edge (low) and
    // one of the control plane that is resolved.
    void fill(incidents::Store& store) const;
    web::Dependencies dependencies();
};

}  // namespace meshwarden::tests

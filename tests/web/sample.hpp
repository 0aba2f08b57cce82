// A small world for the tests of the web: a store with a few incidents, signals, rules and a topology, no Prometheus.
#pragma once

#include <prometheus/registry.h>

#include <atomic>
#include <mutex>
#include <string>

#include "web/dependencies.hpp"
#include "web/routes.hpp"

namespace meshwarden::tests {

inline const std::string hostile =
    "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";

// Sentences for the log, from any thread.
class Warnings {
public:
    void add(const std::string& sentence) {
        const std::lock_guard lock(mutex_);
        all_ += sentence + "\n";
    }
    std::string all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }

private:
    mutable std::mutex mutex_;
    std::string all_;
};

struct Sample {
    std::string storage_url;
    Warnings warnings;
    Time now = from_epoch_seconds(1'767'225'600);  // 2026-01-01
    std::atomic<bool> ready = true;
    std::atomic<int> wakes = 0;
    std::vector<std::string> problems;  // of the next reload
    bool has_ticked = false;            // what the last tick saw and judged is in memory
    prometheus::Registry registry;

    // Five incidents: denials (high), mTLS failures (critical), retries (medium, hostile labels), a new edge (low) and
    // one of the control plane that is resolved.
    void fill(incidents::Store& store) const;
    web::Dependencies dependencies();
};

}  // namespace meshwarden::tests

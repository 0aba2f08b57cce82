// What the web server needs of the rest of the program, handed over by App. Every function may be called from any of
// the server's threads at any time between start and stop, and must not block on the network.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "incidents/store.hpp"
#include "model/error.hpp"
#include "model/rule.hpp"
#include "model/signal.hpp"
#include "model/topology.hpp"

namespace prometheus {
class Collectable;
class Registry;
}

namespace meshwarden::web {

// How one Prometheus has been doing, for /api/v1/status.
struct PrometheusStatus {
    std::string name;
    std::optional<Time> last_good_poll;  // our clock
    Duration duration{0};                // of the last good poll
    std::optional<Time> cursor;          // that Prometheus' clock
    Duration poll_interval{0};           // 0: not known yet
    std::string error;                   // of the last poll, "" where it was good
    std::optional<WarmUpProgress> warm_up;  // none: nothing of the past is left to read
    std::optional<Time> store_failing_since;  // ticks are kept in memory, not saved
    std::string store_error;
    // What the last tick saw and judged, saved or not; null before the first. Without updates.
    std::shared_ptr<const std::vector<Reading>> readings;
    std::shared_ptr<const std::vector<RuleVerdict>> verdicts;
};

// What became of the last reading of the configuration, for /api/v1/status.
struct ConfigStatus {
    std::string file;
    std::optional<Time> loaded_at{};      // when the one that holds was read
    std::optional<Time> refused_at{};     // of the last reading, where it was refused
    std::vector<std::string> problems{};  // why it was
    std::vector<std::string> changes{};   // what the one that holds changed; empty after a start
};

template <class T>
using Shared = std::function<std::shared_ptr<const T>()>;  // null: nothing yet

struct Dependencies {
    std::function<Result<std::unique_ptr<incidents::Store>>()> open_store;  // one connection for each handler thread
    std::function<std::string()> storage_url;  // of the moment; where it changes, they are opened anew. May be missing
    std::function<incidents::Options()> incidents;
    Shared<std::vector<RuleSpec>> rules;
    Shared<std::vector<SignalSpec>> signals;
    Shared<Topology> topology;
    std::function<std::vector<PrometheusStatus>()> prometheus;  // every configured one, polled yet or not
    std::function<Time()> now;
    std::function<bool()> ready;  // the store is open and the first tick has ended
    std::function<std::vector<std::string>()> reload;  // problems; empty: the new configuration holds
    std::function<ConfigStatus()> config;              // none: nothing to tell
    std::function<void()> wake_courier;                // after a change that may have queued notices
    std::function<void(const std::string&)> warn;      // a sentence for the log; may be missing
    Time started_at;
    std::string version;
    prometheus::Registry* registry = nullptr;  // not owned; outlives the server
    const prometheus::Collectable* process = nullptr;  // what the process costs; the same
};

}  // namespace meshwarden::web

// Asks one Prometheus and folds its answers into Snapshots: one poll is one tick. What could not be read makes its
// signals blind in that Snapshot and nothing else; it is read again, without a gap, the next time.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "collector/options.hpp"
#include "io/clock.hpp"
#include "io/http_client.hpp"
#include "model/detector.hpp"
#include "model/signal.hpp"
#include "model/snapshot.hpp"

namespace prometheus {
class Registry;
}

namespace meshwarden::collector {

// Owned and used by one thread; `http` and `registry` must outlive it.
class Collector {
public:
    Collector(Options options, std::vector<SignalSpec> signals, io::HttpClient& http, ::prometheus::Registry& registry,
              std::shared_ptr<const io::Clock> clock = std::make_shared<io::SystemClock>());
    ~Collector();

    // `cursor`: Snapshot::at of the last committed tick; none: never one. On the first poll everything since
    // `horizon` (before the cursor, or before now) is read again. A cursor that lies ahead of that Prometheus' clock is
    // not believed: `since` is then earlier than it. Blocks as long as the questions take, at most a few
    // of the endpoint's timeouts; a stop makes it return within 100 ms, with an unreachable Snapshot or blind signals.
    Snapshot poll(std::optional<Time> cursor, const Horizon& horizon, std::stop_token stop = {});

    // Snapshots of edges only, of times past, rising; for each time of the range at which any were known. Gives the
    // number of series that were read; fails where Prometheus does not answer all questions.
    std::expected<std::size_t, Cause> read_past(Time from, Time to, Duration step,
                                                const std::function<void(Snapshot)>& take, std::stop_token stop = {});

    Duration interval() const;  // from one poll to the next

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace meshwarden::collector

// The heart: one thread for one Prometheus, which polls, judges and settles tick by tick.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/judges.hpp"
#include "app/keeper.hpp"
#include "app/loop_log.hpp"
#include "app/loop_metrics.hpp"
#include "app/warm_up.hpp"
#include "collector/collector.hpp"
#include "config/config.hpp"
#include "incidents/store.hpp"
#include "io/clock.hpp"

namespace meshwarden::app {

// What the last tick saw and how it was judged, saved or not.
struct TickSight {
    std::vector<Reading> readings;  // without updates
    std::vector<RuleVerdict> rules;
};

// What the rest of the program may know of a tick; called on the loop's thread.
struct TickReport {
    std::string prometheus;
    bool reachable = false;
    std::string cause;
    Time at;             // that Prometheus' clock
    Duration took{0};
    Duration interval{0};
    std::shared_ptr<const Topology> topology;
    std::shared_ptr<const TickSight> sight;
    std::optional<WarmUpProgress> warm_up;  // none: nothing of the past is left to read
    std::optional<StoreTrouble> trouble;  // ticks are not saved
};

// Owned by one thread; run() returns soon after a stop is asked for.
class Loop {
public:
    // What it works with; all outlives it.
    struct Context {
        const io::Clock& clock;
        LoopMetrics& metrics;
        prometheus::Registry& registry;
        std::function<void()> told;  // notices wait for the courier
        std::function<void(const TickReport&)> report;
    };

    Loop(const config::Config& config, const collector::Options& prometheus, OpenStore open, Context context);
    ~Loop();

    void run(std::stop_token stop);

private:
    void begin_anew();
    void recall();
    void tick(std::stop_token stop);
    void settle(const Snapshot& snapshot, Inspection inspection, std::stop_token stop);
    bool topology_due(const incidents::Tick& tick);

    const config::Config& config_;
    const collector::Options& prometheus_;
    Context context_;
    io::HttpClient http_;
    Keeper keeper_;
    LoopLog log_;
    std::optional<collector::Collector> collector_;
    std::optional<Judges> judges_;
    std::optional<WarmUp> warm_up_;

    Duration skew_{0};                 // that Prometheus' clock less ours
    Time topology_saved_at_;
    std::size_t learned_findings_ = 0;
    std::optional<std::string> rules_saved_;
};

}  // namespace meshwarden::app

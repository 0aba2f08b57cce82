// What one round of queries said about some targets, and what follows from it for a series: was it born while its
// target was being watched, did its process start again? Pure; a value.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "collector/prometheus_answer.hpp"
#include "collector/targets.hpp"

namespace meshwarden::collector {

// A target that got other labels without another (cluster, job, instance): a pod's label changed, or the scrape job.
struct Relabelling {
    Labels before;  // those that `up` had
    Labels after;
    Time at;        // of the first sample with the new ones
};

class TargetFacts {
public:
    // The families whose samples add_uptimes takes.
    static constexpr std::string_view uptime_names =
        "envoy_server_uptime|istiod_uptime_seconds|process_start_time_seconds";

    // PromQL for the targets whose process is younger than `range` at `now`, and so may have begun anew within it.
    // Asked of the last values, which Prometheus answers at half the price of resets().
    static std::string restarts_question(Duration range, Time now);

    void add_up(const Answer& samples);       // of `up`
    void add_uptimes(const Answer& samples);

    bool scraped_between(std::uint64_t target, Time from, Time before) const;
    std::optional<Time> started(std::uint64_t target, Time at) const;  // of the process that showed the sample at `at`
    bool restarted(std::uint64_t target, Time from, Time to) const;
    // The last one at or before `at`; null: none.
    const Relabelling* relabelled(std::uint64_t target, Time at) const;

private:
    struct Named {
        Labels labels;
        Time first, last;
    };
    struct Uptime {
        Time at;
        Time started;
        double shown = 0;  // what must never fall in one process
    };
    struct Facts {
        std::vector<Time> up;
        std::vector<Named> names;  // by their first samples
        std::vector<Relabelling> relabellings;
        std::vector<Uptime> uptimes;
        int rank = 0;  // a proxy's own uptime before a start time that may be another process's on the same page
    };
    std::unordered_map<std::uint64_t, Facts> facts_;
};

// All that decides over births and resets.
struct World {
    const Targets& targets;
    const TargetFacts& facts;
    Duration scrape_interval;

    // Do the events of a series whose first sample is at `at` all lie in time that was watched? Its part has been
    // read without a gap since `known_from`.
    bool counts_in_full(std::uint64_t target, Time at, Time known_from) const;
};

}  // namespace meshwarden::collector

// Counts a request once although several proxies report it: those at the destination and waypoints always, the
// source's only where nobody reports for the destination. Owned by one part reader.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "collector/questions.hpp"
#include "collector/rows.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::collector {

class Reporters {
public:
    // Which reporters count, in order; none: every series counts.
    explicit Reporters(std::vector<std::string> reporters);

    // Asks who reports for the destinations of those source series that `moved` and are not decided yet: all response
    // codes, since the source's series may move a scrape before the destination's is born.
    void ask(const Rows& rows, const std::function<bool(const Row&)>& moved, Time at, std::string_view signal,
             Questions& questions);
    std::optional<Cause> take(const Questions& questions);

    bool counts(const Metric& metric) const;

    // Of a series that counts. What callers told while nobody reported for a destination is taken off what it tells
    // itself of the same time, once its scrapes succeed again.
    void count_once(const Metric& metric, SeriesUpdate& update);

private:
    static constexpr Duration trust = std::chrono::minutes(1);
    // While a destination's scrape fails its series are gone; it tells what it refused when it is back.
    static constexpr Duration memory = std::chrono::minutes(10);
    static constexpr std::size_t max_named = 100;  // workloads in one matcher

    using Destination = std::tuple<std::string, std::string, std::string>;  // family, namespace, workload
    struct Verdict {
        bool reported = false;
        Time at;
    };

    using Minute = std::chrono::sys_time<std::chrono::minutes>;

    void note(const Rows& rows, Time at);

    std::vector<std::string> reporters_;
    bool instances_seen_ = false;
    std::map<Destination, Verdict> verdicts_;
    std::map<Destination, std::map<Minute, double>> told_;  // events that callers told and the destination did not
    Time asked_at_;
    std::vector<Questions::Id> asked_;
    std::vector<std::string> families_;        // of asked_
    std::vector<Destination> undecided_;
};

}  // namespace meshwarden::collector

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

    void note(const Rows& rows, Time at);

    std::vector<std::string> reporters_;
    bool instances_seen_ = false;
    std::map<Destination, Verdict> verdicts_;
    Time asked_at_;
    std::vector<Questions::Id> asked_;
    std::vector<std::string> families_;        // of asked_
    std::vector<Destination> undecided_;
};

}  // namespace meshwarden::collector

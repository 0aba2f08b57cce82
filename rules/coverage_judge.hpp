// Judges what we can see rather than what we saw: signals that vanished from targets, and a Prometheus that does not
// answer. Rules whose signal is `coverage`; `prometheus-unreachable` is told by its name.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/detector.hpp"
#include "rules/episode.hpp"

namespace meshwarden::rules {

// Owned by one RulesDetector, not synchronised.
class CoverageJudge {
public:
    static constexpr std::string_view signal = "coverage";
    static constexpr std::string_view unreachable_rule = "prometheus-unreachable";

    explicit CoverageJudge(RuleSpec rule);

    void inspect(const Snapshot& snapshot, Inspection& out);

private:
    // The highest count of the last ten minutes, as a queue of falling ones.
    class Highest {
    public:
        int note(Time at, int count, bool ages);

    private:
        std::deque<std::pair<Time, int>> falling_;
    };

    double value(const Snapshot& snapshot);
    double lost_share(const Snapshot& snapshot);
    bool forgets(const Snapshot& snapshot) const;

    RuleSpec rule_;
    std::map<std::string, Highest> showing_;  // by signal: targets that showed it
    Highest listed_;                          // targets of Prometheus
    std::map<std::string, std::string> lost_;  // signal -> sentence
    std::set<Labels> failed_before_;          // targets that failed while the rule was calm
    std::optional<Time> last_reached_;
    bool reached_ = false;
    Episode episode_;
    double peak_ = 0;
};

}  // namespace meshwarden::rules

// What a detector is worth on a labelled stream: recall of attack instances at a budget of false alerts a day.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/bench/detector/stream.hpp"

namespace meshwarden::bench {

// Larger = odder. no_node on one side: an alert of the other side.
struct Alert {
    std::int64_t at = 0;
    anomaly::NodeId source = 0, destination = 0;
    double odd = 0;
    std::string kind = {};
};

struct Recall {
    double threshold = 0;
    double macro = 0;  // mean over the families
    double all = 0;    // over the instances
    std::map<std::string, double> families;
    double false_a_day = 0;
    double delay_median = 0, delay_p90 = 0;  // minutes, of those found
};

class Judge {
public:
    explicit Judge(const Stream& stream);

    // Alerts of one (source, destination, hour) are one. The threshold is the lowest that keeps the false ones within
    // the budget: hindsight, the same for everybody.
    Recall at_budget(const std::vector<Alert>& alerts, double false_a_day) const;
    Recall at_threshold(const std::vector<Alert>& alerts, double odd) const;
    // The alerts that row scores make: one per (source, destination, hour).
    std::vector<Alert> alerts_of(const std::vector<float>& scores) const;
    // Of rows; `by_events`: each row counts as its events.
    std::pair<double, double> auc_ap(const std::vector<float>& scores, bool by_events) const;

    int attack_of(const Alert& alert) const;  // 0: a false one

private:
    std::int64_t hour_of(std::int64_t at) const;
    static std::uint64_t key(std::uint64_t a, std::uint64_t b, std::int64_t hour);

    const Stream& stream_;
    std::map<std::uint64_t, int> edges_, sources_, destinations_;  // attacked (.., hour) -> attack
    std::map<int, const Attack*> attacks_;
};

}  // namespace meshwarden::bench

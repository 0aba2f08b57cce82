#pragma once

#include <map>
#include <string>

#include "model/time.hpp"

namespace meshwarden::anomaly {

struct Options {
    bool enabled = true;
    Duration learning_period = std::chrono::hours(24);  // from the first reading: edges are learned, none is reported
    Duration interval = std::chrono::minutes(5);        // behaviour is judged once in each; 10s to 1h
    Duration warm_up = std::chrono::hours(24 * 7);      // of Prometheus' past that is read at the first start; 0: none
    // What a day of ordinary life may bring of each severity, over the whole mesh.
    std::map<std::string, double> alerts_per_day = {{"critical", 1}, {"high", 2}, {"medium", 5}, {"low", 20}};
    std::size_t max_edges = 1'000'000;  // the longest unseen are forgotten first, and counted
};

}  // namespace meshwarden::anomaly

#pragma once

#include "model/time.hpp"

namespace meshwarden::anomaly {

struct Options {
    bool enabled = true;
    Duration learning_period = std::chrono::hours(24);  // from the first start: edges are learned, none is reported
    std::size_t max_edges = 1'000'000;                  // the longest unseen are forgotten first, and counted
};

}  // namespace meshwarden::anomaly

// Our detector over a stream, as an operator gets it.
#pragma once

#include "tests/bench/detector/judge.hpp"

namespace meshwarden::bench {

struct Run {
    std::vector<Alert> alerts;   // odd: -ln of alerts a day
    std::vector<float> scores;   // of rows
    // CPU time of the detector alone; while it learns it is also judged as an open network.
    double rows_a_second = 0, rows_a_second_learning = 0;
    double bytes_an_edge = 0;
    double worst_interval_ms = 0;
    std::size_t edges = 0;
};

Run run_ours(const Stream& stream, unsigned without = 0);

}  // namespace meshwarden::bench

// Our detector over a stream, as an operator gets it.
#pragma once

#include "tests/bench/detector/judge.hpp"

namespace meshwarden::bench {

struct Run {
    std::vector<Alert> alerts;   // odd: -ln of alerts a day
    std::vector<float> scores;   // of rows
    double rows_a_second = 0;    // CPU time of the detector alone
    double bytes_an_edge = 0;
    double worst_interval_ms = 0;
    std::size_t edges = 0;
};

Run run_ours(const Stream& stream, unsigned without = 0);

}  // namespace meshwarden::bench

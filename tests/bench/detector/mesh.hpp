// A synthetic mesh with seasons, deploys, spikes, retry storms, missed intervals and labelled attacks; and attacks put
// into a stream that has none. The same seed gives the same stream everywhere.
#pragma once

#include "tests/bench/detector/stream.hpp"

namespace meshwarden::bench {

struct MeshSettings {
    std::uint64_t seed = 1;
    int days = 28;
    int workloads = 300;
    int attacks_a_family = 8;
};

Stream make_mesh(const MeshSettings& settings);

// Into the second half, one of each: a new edge with 1 to 3 calls, a scan of 10 destinations, a sixfold burst of 3
// intervals, at places chosen by the seed.
Stream inject_attacks(const Stream& quiet, std::uint64_t seed);

}  // namespace meshwarden::bench

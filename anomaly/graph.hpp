// What each workload is like, as a source and as a destination. Plain data, owned by one Baseline.
#pragma once

#include <cstdint>
#include <vector>

#include "anomaly/row.hpp"

namespace meshwarden::anomaly {

// One side of a workload: as a source or as a destination.
struct Side {
    Interval touched = -1;               // of the running numbers below
    Interval faded = 0;                  // of the fading ones
    std::uint32_t peers = 0;             // known now
    std::uint32_t seen = 0;              // intervals with any, saturating
    float new_hour = 0;                  // new peers, fading over an hour
    float new_day = 0;                   // intervals with new peers, fading over a day
    float new_rate = 0;                  // new peers a day, fading over weeks
    float usual_peers = 0;               // peers in an interval with any, smoothed
    float peers_now = 0, new_now = 0;    // this interval
    float load_weight = 0, load_is = 0;  // this interval: effective events expected, and how many came
    float odd = 0;                       // this interval, once judged
    bool judged = false;

    static void keep(auto& self, auto& archive) {
        archive(self.touched, self.faded, self.peers, self.seen, self.new_hour, self.new_day, self.new_rate,
                self.usual_peers, self.peers_now);
        archive(self.new_now, self.load_weight, self.load_is, self.odd, self.judged);
    }
};

struct NodeState {
    Side out, in;
    Interval reached_at = -1;     // last time a new edge led here
    Interval rolled_out_at = -1;  // a version never seen here before
    float reached_nats = 0;
    NodeId reached_from = no_node;
    std::uint32_t version = 0;

    static void keep(auto& self, auto& archive) {
        archive(self.out, self.in, self.reached_at, self.rolled_out_at, self.reached_nats, self.reached_from,
                self.version);
    }
};

using Graph = std::vector<NodeState>;

}  // namespace meshwarden::anomaly

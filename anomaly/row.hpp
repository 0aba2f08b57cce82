// What the baseline reads and what it finds. Names are numbers here: anomaly/names.hpp gives them out.
#pragma once

#include <cstdint>
#include <string_view>

namespace meshwarden::anomaly {

using NodeId = std::uint32_t;
using Interval = std::int64_t;  // index of a poll or of a fixed stretch of time

constexpr NodeId no_node = ~NodeId{0};

// One edge in one interval. Identity and version are numbers of names too; 0: not told.
struct Row {
    NodeId source = no_node;
    NodeId destination = no_node;
    float count = 0;  // events, exact
    std::uint32_t principal = 0;
    std::uint32_t source_version = 0;
};

enum class Kind : std::uint8_t {
    new_edge,
    burst,
    ramp,
    off_hours,
    fan_out,
    fan_in,
    beacon,
    lateral,
    vanished,
    identity
};
std::string_view to_string(Kind kind);  // as in the rule names, without "topology-"

// Something odd. One per kind, subject and hour, given again within the hour only if it became much odder.
struct Candidate {
    Interval interval = 0;
    Kind kind = Kind::new_edge;
    NodeId source = no_node;       // no_node: fan-in
    NodeId destination = no_node;  // no_node: fan-out
    double nats = 0;               // oddness within its kind
    double alerts_per_day = 0;     // how often something at least this odd comes up, by the stream's own history
    double observed = 0;           // events, peers or silent intervals, by kind
    double expected = 0;           // of the same, by the baseline
    float peers_source = 0;        // new-edge, lateral: destinations that the source had
    float peers_destination = 0;   // new-edge, lateral: sources that the destination had
    NodeId via = no_node;          // lateral: who had reached the source
    bool rollout = false;          // new-edge, lateral: within an hour of a new version of the source
};

}  // namespace meshwarden::anomaly

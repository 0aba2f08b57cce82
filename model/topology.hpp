// The learned graph as it is published: an immutable value, shared between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/labels.hpp"
#include "model/time.hpp"

namespace meshwarden {

// An edge that was silent for longer was absent: its presence ended when it was last seen.
constexpr Duration presence_gap = std::chrono::hours(1);

// One edge during one presence: seen again and again, with the same mTLS state.
struct TopologyEdge {
    Labels labels;       // source_*, destination_*, cluster, protocol
    Time first_seen;     // ever
    Time since;          // of this presence
    Time last_seen;      // within it
    double rate = 0;     // connections or requests per second, of about the last minute; of one that ended, its mean
    double events = 0;   // connections or requests of this presence
    bool expected = true;  // learned, not found as new
    std::string mtls;    // mutual_tls, none, unknown
    double score = 0;    // oddness, larger = odder
};

struct Topology {
    Time at;
    bool learning = false;
    Time learning_until;
    std::string learning_cause;       // what is still missing before everything is told; "" where nothing is
    std::optional<Time> kept_since;   // presences that ended before were not written down
    std::vector<TopologyEdge> edges;  // every edge that is known, as its last presence tells
    std::vector<TopologyEdge> ended;  // presences that ended and are not saved yet
    // For want of room, since the process began:
    std::uint64_t edges_forgotten = 0;
    std::uint64_t events_left_out = 0;  // of workloads that the baseline cannot hold
};

// How much of Prometheus' past was read; times are its own.
struct WarmUpProgress {
    Time from, until;
    Time at;  // read so far
    double share() const { return until <= from ? 1 : double((at - from).count()) / double((until - from).count()); }
};

// Source, destination and transport: what makes an edge the same edge. http and grpc are one transport, since a refused
// gRPC call is told as http.
Labels edge_key(const Labels& labels);

}  // namespace meshwarden

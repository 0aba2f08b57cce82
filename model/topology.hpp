// The learned graph as it is published: an immutable value, shared between threads.
#pragma once

#include <string>
#include <vector>

#include "model/labels.hpp"
#include "model/time.hpp"

namespace meshwarden {

struct TopologyEdge {
    Labels labels;       // source_*, destination_*, cluster, protocol
    Time first_seen;
    Time last_seen;
    double rate = 0;     // connections or requests per second, over the last two readings
    bool expected = true;  // learned or declared, not found as new
    std::string mtls;    // mutual_tls, none, unknown
    double score = 0;    // oddness, larger = odder
};

struct Topology {
    Time at;
    bool learning = false;
    Time learning_until;
    std::vector<TopologyEdge> edges;
};

}  // namespace meshwarden

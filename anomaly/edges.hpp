// Every edge that was ever seen, and for how long. Bounded: the longest unseen are forgotten first, and counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/error.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::anomaly {

struct Edge {
    Labels labels;  // as last told: principal, protocol and mtls may change
    Time first_seen;
    Time last_seen;     // of the last count that had moved
    double total = 0;
    double rate = 0;    // per second, between the last two counts that did not fall
    double longest_gap = 0;  // seconds between movements; fades within days
    double usual_rate = 0;   // events per second over its life, bursts cut
    int movements = 0;  // saturates
    bool expected = true;
    bool missed = false;  // its silence, which still lasts, was told
};

constexpr int movements_to_know = 10;  // after these an edge has a pace, and its silence says something

// Source, destination and transport: what makes an edge the same edge. http and grpc are one transport, since a refused
// gRPC call is told as http.
Labels edge_key(const Labels& labels);

std::string source_name(const Labels& labels);       // namespace/workload, "unknown" where not known
std::string destination_name(const Labels& labels);  // namespace/workload, else the service

// Owned by one detector, not synchronised.
class Edges {
public:
    explicit Edges(std::size_t most) : most_(most) {}

    // Takes in one reading; gives the edges that were not known.
    std::vector<Edge*> observe(const std::vector<EdgeCount>& counts, Time at);

    std::map<Labels, Edge>& all() { return edges_; }
    const std::map<Labels, Edge>& all() const { return edges_; }
    std::uint64_t forgotten() const { return forgotten_; }

    std::string save() const;
    Result<void> load(std::string_view bytes);

private:
    void forget_oldest();

    std::size_t most_;
    std::map<Labels, Edge> edges_;
    std::optional<Time> observed_at_;
    std::uint64_t forgotten_ = 0;
};

}  // namespace meshwarden::anomaly

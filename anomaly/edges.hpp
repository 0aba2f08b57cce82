// Every edge that was ever seen, and for how long. Bounded: the longest unseen are forgotten first, and counted.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/snapshot.hpp"
#include "model/topology.hpp"

namespace meshwarden::anomaly {

struct Edge {
    Labels labels;  // as last told: principal, protocol and mtls may change
    Time first_seen;
    Time since;  // of its presence: it was not silent for longer than presence_gap, nor did its mTLS state change
    Time last_seen;     // of the last count that had moved
    double total = 0;
    double events = 0;  // of its presence
    double rate = 0;    // per second, of about the last minute
    double longest_gap = 0;  // seconds between movements; fades within days
    double usual_rate = 0;   // events per second over its life, bursts cut
    int movements = 0;  // saturates
    bool expected = true;
    bool missed = false;  // its silence, which still lasts, was told
    bool untold = false;  // new, but not told of: an operator had called it expected
    double owed = 0;      // by how much its count fell since targets began to fail: it comes back with them
    double score = 0;     // oddness of the last interval that was judged
    std::vector<std::string> principals;  // of its source, the newest last; at most `most_principals`
    bool absent = false;  // from the last reading
    int unseen = 0;       // readings in a row that lacked it, or a part of it
    bool by_caller = false;  // told by the caller's proxy, for want of one at the destination
};

// What one reading brought of an edge.
struct Moved {
    Edge* edge = nullptr;
    double events = 0;
    int readings = 1;            // over which they came: more than one where it was not, or not wholly, seen
    bool fresh = false;          // the edge was not known
    std::vector<std::string> versions;  // of the source, as shown
};

constexpr std::size_t most_principals = 8;
constexpr int movements_to_know = 10;  // after these an edge has a pace, and its silence says something

std::string source_name(const Labels& labels);       // namespace/workload, "unknown" where not known
std::string destination_name(const Labels& labels);  // namespace/workload, else the service
std::string arrow(const Labels& labels);             // source -> destination
TopologyEdge shown(const Edge& edge);

// Owned by one detector, not synchronised.
class Edges {
public:
    explicit Edges(std::size_t most) : most_(most) {}

    // Takes in one reading; times rise. Gives the edges with events, and those that were not known. `failing`: so many
    // targets cannot be scraped, their counts are missing.
    std::vector<Moved> observe(const std::vector<EdgeCount>& counts, Time at, std::size_t failing);

    std::map<Labels, Edge>& all() { return edges_; }
    const std::map<Labels, Edge>& all() const { return edges_; }
    std::uint64_t forgotten() const { return forgotten_; }
    std::optional<Time> observed_at() const { return observed_at_; }
    void observed(Time at) { observed_at_ = at; }

    // Presences that ended, until somebody has written them down; at most as many as edges, the oldest are let go.
    const std::vector<TopologyEdge>& ended() const { return ended_; }
    void saved() { ended_.clear(); }

    nlohmann::json save() const;
    void load(const nlohmann::json& saved);  // of this or an older version; throws nlohmann::json::exception

private:
    struct Reading {
        Labels labels;
        double total = 0;
        bool by_caller = false;
        std::vector<std::string> principals, versions;
    };
    bool in_outage(std::size_t failing, Time at);
    static std::map<Labels, Reading> summed(const std::vector<EdgeCount>& counts);
    static bool stands_in(const Reading& reading, const Edge& edge, bool may_fail);
    void move(Edge& edge, Labels labels, double events, Time at, double seconds_since_reading);
    void end_presence(const Edge& edge);
    std::set<const Edge*> forget_oldest();  // only to compare with: they are gone

    std::size_t most_;
    std::map<Labels, Edge> edges_;
    std::optional<Time> observed_at_;
    std::optional<std::size_t> failing_;  // targets, at the last reading
    struct Outage {
        std::size_t usual = 0;  // failing targets before it
        Time since;
    };
    std::optional<Outage> outage_;
    std::uint64_t forgotten_ = 0;
    bool callers_read_ = true;  // false: of a state that knows no edge that callers told
    std::vector<TopologyEdge> ended_;
};

}  // namespace meshwarden::anomaly

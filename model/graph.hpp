// The learned graph at one time of the retained past, and what changed between two. Pure; values only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/expectation.hpp"
#include "model/topology.hpp"

namespace meshwarden {

constexpr std::size_t most_edges_shown = 100'000;
// How a workload behaves is not known well before: bursts of the first days teach more than they tell.
constexpr Duration time_to_know = std::chrono::hours(72);

struct GraphEdge {
    TopologyEdge edge;      // as known then: last_seen is not after that time
    bool active = false;    // not silent for longer than presence_gap
    bool expected = true;   // learned, unless an operator says otherwise
    std::optional<Expectation> declared;  // the one that then spoke of it
    std::string change;     // of a difference: added, vanished, returned, changed; else ""
};

struct Graph {
    std::optional<Time> from;  // of a difference
    Time at;
    Time complete_since;       // before, some presences are no longer, or were never, written down
    bool learning = false;
    bool truncated = false;    // the least recently seen edges were left out
    std::vector<GraphEdge> edges;  // by source, destination, protocol
};

Topology merged(const std::vector<std::shared_ptr<const Topology>>& parts);  // of several Prometheus

struct Party {
    std::string cluster, space, name;  // "" where not known
    std::string id() const { return cluster + "/" + space + "/" + name; }
    std::string local() const;  // namespace/name; a name that is not known is "unknown"
};
Party source_of(const Labels& labels);
Party destination_of(const Labels& labels);  // its workload, else its service
bool crosses_namespaces(const Labels& labels);  // of a side that is not known, too

// What the Store still has of the past.
struct TopologyPast {
    std::vector<TopologyEdge> presences;  // that ended; of each edge at least the last begun by each time asked for
    bool truncated = false;               // the least recently seen were left out
    std::optional<Time> erased_until;     // retention took what ended before
    Expectations expectations;            // all, also those that no longer hold
};

struct GraphQuestion {
    std::optional<Time> at;    // none: the newest
    std::optional<Time> from;  // what changed between the two, in whichever order they are given
    bool cross_namespace = false;  // only edges between two namespaces
    Time now;                  // our clock: which expectations hold
};

// A difference has the edges that were not known at `from` (added), fell silent (vanished), were silent and were seen
// (returned), or are otherwise judged or protected (changed).
Graph graph_of(const Topology& topology, const TopologyPast& past, const GraphQuestion& question);

}  // namespace meshwarden

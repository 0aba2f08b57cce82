// Judges the connection topology against what it has been so far: edges and refused callers never seen since the
// learning period, edges that fell silent, and, interval by interval, what the baseline finds odd within the budget.
// What an operator calls expected is not told while that holds; what he calls unexpected is told whenever it is seen.
// Snapshots at or before their `since` only teach. A Detector (see model/detector.hpp); its memory is saved by App.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "anomaly/behaviour.hpp"
#include "anomaly/edges.hpp"
#include "anomaly/options.hpp"
#include "anomaly/watches.hpp"
#include "model/detector.hpp"
#include "model/topology.hpp"

namespace meshwarden::anomaly {

class TopologyDetector final : public Detector {
public:
    // Of `rules` those with `learned` are judged here, by their names: tcp-new-edge, authz-new-caller and topology-KIND,
    // for each Kind of a candidate (anomaly/row.hpp).
    TopologyDetector(Options options, const std::vector<RuleSpec>& rules);

    std::string name() const override { return "topology"; }
    Inspection inspect(const Snapshot& snapshot) override;
    Horizon horizon() const override { return {}; }
    std::string save() const override;
    Result<void> load(std::string_view bytes) override;

    // The graph as of the last inspect, or as it was loaded; a new value each time it changed.
    std::shared_ptr<const Topology> topology() const { return topology_; }
    // Presences that ended and are to be kept, in one transaction with the state that save() gives.
    const std::vector<TopologyEdge>& ended() const { return edges_.ended(); }
    void saved() { edges_.saved(); }
    // When edges were read last: what came later is to be read again, as Snapshots of the past.
    std::optional<Time> taught_until() const { return edges_.observed_at(); }

private:
    bool learning(Time at) const { return !learning_until_ || at < *learning_until_; }
    bool tells(const Snapshot& snapshot) const { return !learning(snapshot.at) && snapshot.at > snapshot.since; }
    std::string learning_cause(const RuleSpec& rule, Time at) const;
    Watch* watch_of_new(const Edge& edge);
    bool refused(const Labels& edge) const;
    void learn_caller(std::string name);
    void note_refusals(const Snapshot& snapshot);
    void note_edges(const Snapshot& snapshot);
    void tell_new(const Snapshot& snapshot);
    void tell_odd(const std::vector<Odd>& odd, const Snapshot& snapshot);
    bool told_elsewhere(const Odd& odd) const;
    Sighting sighting_of(const Odd& odd, Severity usual, Time at) const;
    bool within_budget(const Odd& odd, Severity severity) const;
    Episode* open_wider(const Odd& odd);
    void list_members(const Snapshot& snapshot);
    void keep_open(const Snapshot& snapshot);
    void note_silence(const Snapshot& snapshot, const std::string& edges_unseen);
    void excuse(const Snapshot& snapshot);
    std::string edges_unseen(const Snapshot& snapshot) const;
    Standing standing(const RuleSpec& rule, const Snapshot& snapshot, const std::string& edges_unseen) const;
    void publish(Time at);

    Options options_;
    Edges edges_;
    Behaviour behaviour_;
    Watches watches_;
    std::optional<Time> learning_until_;
    std::optional<Time> settled_until_;      // refusals up to here were told before we began; later ones come once
    std::optional<Time> kept_since_;         // when presences were first kept
    std::set<std::string> callers_;          // "source > destination" that some series has shown
    std::map<std::string, Time> refused_;    // the same, refused lately
    std::optional<Time> watched_since_;      // silence counts from here: before it we were blind
    std::shared_ptr<const Topology> topology_ = std::make_shared<const Topology>();
};

}  // namespace meshwarden::anomaly

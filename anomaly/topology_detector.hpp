// Judges the connection topology against what it has been so far: edges and refused callers never seen since the
// learning period, and edges that fell silent. What an operator calls expected is not told while that holds; what he
// calls unexpected is told whenever it is seen. A Detector (see model/detector.hpp); its memory is saved by App.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "anomaly/edges.hpp"
#include "anomaly/options.hpp"
#include "model/detector.hpp"
#include "model/topology.hpp"

namespace meshwarden::anomaly {

class TopologyDetector final : public Detector {
public:
    // Of `rules` those with `learned` are judged here, by their names: tcp-new-edge, authz-new-caller,
    // topology-vanished.
    TopologyDetector(Options options, const std::vector<RuleSpec>& rules);

    std::string name() const override { return "topology"; }
    Inspection inspect(const Snapshot& snapshot) override;
    Duration horizon() const override { return Duration{0}; }
    std::string save() const override;
    Result<void> load(std::string_view bytes) override;

    // The graph as of the last inspect, or as it was loaded; a new value each time it changed.
    std::shared_ptr<const Topology> topology() const { return topology_; }
    // Presences that ended and are to be kept, in one transaction with the state that save() gives.
    const std::vector<TopologyEdge>& ended() const { return edges_.ended(); }
    void saved() { edges_.saved(); }
    std::uint64_t edges_forgotten() const { return edges_.forgotten(); }

private:
    // What a subject did that was never seen, told as one incident until it has been quiet for a while.
    struct Novelty {
        Labels labels;
        Time started_at;
        Time last_at;
        std::vector<std::pair<Time, std::string>> edges;  // at most `most_listed`
        double count = 0;
    };
    struct Watch {
        RuleSpec rule;
        std::map<Labels, Novelty> open;  // by subject
    };

    bool learning(Time at) const { return !learning_until_ || at < *learning_until_; }
    Watch* watch(std::string_view rule);
    void learn_caller(std::string name);
    void note_refusals(const Snapshot& snapshot);
    void note_edges(const Snapshot& snapshot);
    void tell_new(Watch& watch, const Snapshot& snapshot);
    void note_silence(const Snapshot& snapshot);
    void excuse(Watch& watch, const Snapshot& snapshot);
    void note(Watch& watch, const Labels& labels, Time at, std::string edge, double count);
    void report(Watch& watch, const Snapshot& snapshot, Inspection& out) const;
    void publish(Time at);

    Options options_;
    Edges edges_;
    std::vector<Watch> watches_;
    std::optional<Time> learning_until_;
    std::optional<Time> kept_since_;         // when presences were first kept
    std::set<std::string> callers_;          // "source > destination" that some series has shown
    std::map<std::string, Time> refused_;    // the same, refused lately
    std::optional<Time> watched_since_;      // silence counts from here: before it we were blind
    std::shared_ptr<const Topology> topology_ = std::make_shared<const Topology>();
};

}  // namespace meshwarden::anomaly

// How workloads behave, as the baseline sees it: readings of edges become rows of intervals, and what is odd about an
// interval is given back in words about workloads. Clockless; part of a detector's state, not synchronised.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "anomaly/baseline.hpp"
#include "anomaly/edges.hpp"
#include "anomaly/names.hpp"
#include "anomaly/options.hpp"
#include "model/graph.hpp"
#include "model/rule.hpp"

namespace meshwarden::anomaly {

// A candidate, in the words of the mesh.
struct Odd {
    Candidate found;
    Labels labels;     // cluster, source_*, destination_* of the sides that take part
    std::string text;  // why it is odd, with the numbers
    bool tcp = false;   // new edge: it carries TCP, and nothing else
    bool known = false;  // new edge: its counter was there before, but had not moved
};

class Behaviour {
public:
    explicit Behaviour(const Options& options);

    // Takes in one reading; times rise. `rolled_out`: sources of which most pods are young. What was odd about an
    // interval comes with the first reading after it.
    std::vector<Odd> read(const std::vector<Moved>& moved, const std::vector<Labels>& rolled_out, Time at);

    Severity severity_of(const Odd& odd, Severity usual) const;

    bool judged() const { return judged_; }  // the last reading ended an interval
    // Oddness of an edge in the interval that was judged last: -ln of alerts a day, 0 where ordinary. None: no events.
    std::optional<double> score(const Labels& edge) const;

    // Nothing is told yet: why not; else "".
    std::string learning() const;
    bool too_young_to_learn() const;  // fewer intervals than any baseline needs
    bool knows_principals() const { return words_.size() > 0; }  // some call has shown one
    std::uint64_t left_out() const { return left_out_; }  // events of workloads beyond the bound

    nlohmann::json save() const;
    // Fails where the baseline's part does, see Baseline::load; throws nlohmann::json::exception on another shape.
    Result<void> load(const nlohmann::json& saved);

private:
    struct Pending {
        Row row;
        bool tcp = true;
        bool fresh = false;  // an edge of it was not known
    };
    struct Source {
        std::set<std::string> versions;  // seen
        std::uint32_t rollouts = 0;      // counted
        std::optional<Interval> young;   // when most of its pods were young last
    };
    using Place = std::pair<NodeId, NodeId>;

    NodeId node(const Party& party);
    std::uint32_t word(const std::string& text);
    void note_versions(NodeId source, const std::vector<std::string>& shown);
    void add(const Moved& moved);
    std::vector<Odd> close();
    Odd in_words(const Candidate& found) const;
    std::string name_of(NodeId node) const;

    Options options_;
    double interval_seconds_;
    Baseline baseline_;
    Names nodes_, words_;
    std::vector<Party> parties_;                            // by node
    std::map<NodeId, Source> sources_;
    std::optional<Interval> index_;                         // of the interval that is being gathered
    std::map<Place, Pending> pending_;                      // its rows
    std::map<Place, float> scores_;                         // of the one before
    bool judged_ = false;
    std::uint64_t left_out_ = 0;
};

}  // namespace meshwarden::anomaly

// A signal is data: what to ask a Prometheus for, how the answer's labels become ours, and how we prove that we
// would have seen it. Read from config/signals/*.yaml; values only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/time.hpp"

namespace meshwarden {

enum class SignalKind {
    counter,
    gauge,
    histogram_tail,  // increments of the count minus those of one bucket
    ratio,           // increments of one counter over those of another
    drop,            // a gauge below a share of its own maximum
    stalled,         // one counter rises, another does not
};

// Where a value of ours comes from: a label of theirs ("__name__" too), as it is or through a named extraction.
struct LabelSource {
    enum class Extraction {
        none,
        host,  // of cluster_name: short service name of an in-cluster host, else the host, else the whole text
        host_namespace,  // of cluster_name: namespace of an in-cluster host ("namespace" in YAML)
        port,            // of cluster_name
        workload,        // of a pod name (with pod_template_hash where present)
        match,           // first group of `pattern` (RE2, anchored); no match = unknown
    };
    std::string label;
    Extraction extraction = Extraction::none;
    std::string pattern;
};

// One label of ours; the first source with a known value counts ("" and "unknown" are not known).
struct LabelRule {
    std::string name;
    std::vector<LabelSource> sources;
    std::string constant;  // used instead of sources where not empty
};

struct Fix {
    std::string text;
    std::string yaml;
};

// One selector of a signal. A signal whose events show in several families has several parts.
struct SignalPart {
    std::string selector;                // histogram_tail: the family's name without suffix, matchers allowed
    std::string bucket;                  // histogram_tail: le of the bucket, e.g. "30"
    std::string base;                    // ratio: the denominator; stalled: the counter that ought to follow
    std::string gate;                    // stalled: a gauge; judged only while its sum is above 0
    std::vector<LabelRule> labels;
    std::vector<std::string> reporters;  // which reporters count, in order; empty: no reporter handling
    std::string live;      // PromQL, one element per target that carries the family; empty: `selector` itself
                           // (parts with the same `live` and `expected` are counted once)
    std::string expected;  // PromQL, one element per target that ought to; empty: whatever `live` finds
    bool on_demand = false;  // created with the first event: a target that lacks it while others show it is idle
    Fix fix;
};

struct SignalSpec {
    std::string name;
    SignalKind kind = SignalKind::counter;
    std::optional<Duration> interval;  // none: auto, every tick
    Duration over = std::chrono::hours(1);  // drop: how far back the maximum reaches
    bool edges = false;  // read for the topology only: aggregated to edges, no increments
    std::vector<SignalPart> parts;
};

}  // namespace meshwarden

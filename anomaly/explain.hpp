// What a candidate is called, how bad its kind is, and why it is odd, in words with the numbers behind them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "anomaly/row.hpp"
#include "model/rule.hpp"

namespace meshwarden::anomaly {

using NameOf = std::function<std::string(NodeId)>;

Severity usual_severity(Kind kind);
// A new edge is one step worse than `usual` where it leads into another namespace (names of the form NAMESPACE/WORKLOAD
// tell), and low within an hour of a rollout of its source.
Severity severity_of(const Candidate& found, const NameOf& name_of, Severity usual);
std::string explain(const Candidate& found, const NameOf& name_of, double interval_seconds);

}  // namespace meshwarden::anomaly

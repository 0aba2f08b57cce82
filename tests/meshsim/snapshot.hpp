// For tests: every counter of every page of a simulation, summed over pods, and what moved between two moments.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/meshsim/simulation.hpp"

namespace meshwarden::meshsim {

using Snapshot = std::map<std::string, std::int64_t>;  // "name{labels}" -> sum over all targets

std::vector<std::string> target_pods(Simulation& simulation, double now);
std::string page_body(Simulation& simulation, const std::string& pod, double now);
Snapshot snapshot(Simulation& simulation, double now);
// Series that differ; counters only.
Snapshot difference(const Snapshot& before, const Snapshot& after);
// Sum of the series of one name whose labels contain every fragment.
std::int64_t sum(const Snapshot& series, const std::string& name, const std::vector<std::string>& fragments = {});
bool matches(const std::string& series, const std::string& name, const std::vector<std::string>& fragments);

}  // namespace meshwarden::meshsim

// What becomes of findings: which incidents open, go on, reopen, resolve, and who is told why. Pure: no clock, no
// I/O; the same input gives the same answer. Any thread.
#pragma once

#include <string>
#include <vector>

#include "incidents/change.hpp"
#include "incidents/store.hpp"

namespace meshwarden::incidents {

// `known`: for the subject of every finding its last episode, and every incident that is not resolved and belongs to
// this Prometheus or is seen by it. Others of other Prometheus are not touched.
std::vector<Change> settle(std::vector<Known> known, const Tick& tick, const Options& options);

// Resolves (rule_removed) those whose rule, or each Prometheus that sees them, is no longer configured.
std::vector<Change> retire(std::vector<Known> known, const Configured& configured, Time now);

}  // namespace meshwarden::incidents

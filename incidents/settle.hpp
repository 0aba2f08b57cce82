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

// Every incident that is not resolved follows the routes: targets that are new to it hear that it opened, those that are
// no longer configured hear nothing more. Resolves (rule_removed) those whose rule, or each Prometheus that sees them, is
// no longer configured.
std::vector<Change> retire(std::vector<Known> known, const Configured& configured, Time now, const Options& options);

}  // namespace meshwarden::incidents

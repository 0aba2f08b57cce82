// The topology's past: presences of edges that ended. For this folder's sqlite* files only; within a write transaction
// of the caller.
#pragma once

#include <string>
#include <vector>

#include "incidents/sqlite_database.hpp"
#include "model/topology.hpp"

namespace meshwarden::incidents {

constexpr int presences_a_step = 2'000;

void save_presences(Database& database, const std::string& prometheus, const std::vector<TopologyEdge>& ended);

// At most presences_a_step of those last seen before, the oldest first; how many.
int erase_presences(Database& database, Time last_seen_before);

}  // namespace meshwarden::incidents

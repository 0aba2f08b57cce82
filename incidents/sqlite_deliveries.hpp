// Rows of the outbox as values. For this folder's sqlite* files.
#pragma once

#include <string>
#include <vector>

#include "incidents/sqlite_database.hpp"
#include "model/incident.hpp"

namespace meshwarden::incidents {

std::vector<Delivery> deliveries_of(Database& database, const std::string& incident);  // oldest first

// Notices that wait for any other target are given up. How many.
int give_up_unknown(Database& database, const std::vector<std::string>& targets);

}  // namespace meshwarden::incidents

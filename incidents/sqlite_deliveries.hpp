// Rows of the outbox as values. For this folder's sqlite* files.
#pragma once

#include <vector>

#include "incidents/sqlite_database.hpp"
#include "model/incident.hpp"

namespace meshwarden::incidents {

std::vector<Delivery> deliveries_of(Database& database, const std::string& incident);  // oldest first

}  // namespace meshwarden::incidents

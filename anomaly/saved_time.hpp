// Times in saved states: milliseconds since 1970.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "model/time.hpp"

namespace meshwarden::anomaly {

inline std::int64_t saved_time(Time time) { return time.time_since_epoch().count(); }

// Throws nlohmann::json::exception where it is no time between 1970 and 2286: with others nobody can reckon.
Time time_of(const nlohmann::json& saved);

}  // namespace meshwarden::anomaly

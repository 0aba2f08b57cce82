// Time as the product speaks it: UTC with milliseconds. Nothing here reads a clock (see io/clock.hpp).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "model/error.hpp"

namespace meshwarden {

using Duration = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Duration>;

// 2026-01-01T00:00:00.000Z
std::string to_rfc3339(Time time);
Result<Time> parse_rfc3339(std::string_view text);

// Seconds since the epoch with a fraction, as Prometheus writes timestamps.
double to_epoch_seconds(Time time);
Time from_epoch_seconds(double seconds);

// Durations as Prometheus writes them: "1h30m", "90d", "250ms", "0s". Units y w d h m s ms, largest first.
// Errors on an empty text, an unknown unit, units out of order, or more than 100 years.
Result<Duration> parse_duration(std::string_view text);
std::string to_string(Duration duration);

}  // namespace meshwarden

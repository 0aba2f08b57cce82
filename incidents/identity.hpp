// How incidents are named. Pure: the same subject, episode and time give the same names on every run.
#pragma once

#include <string>
#include <string_view>

#include "model/time.hpp"

namespace meshwarden::incidents {

// SHA-256 (64 hex digits) over subject key and episode.
std::string fingerprint_of(std::string_view subject_key, int episode);

// 24 hex digits, opaque to others: the opening time in milliseconds, then the start of the fingerprint. Sorts by time.
std::string id_of(Time opened_at, std::string_view fingerprint);

}  // namespace meshwarden::incidents

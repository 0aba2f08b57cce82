// Sleeping by a clock that somebody may set meanwhile.
#pragma once

#include <stop_token>

#include "io/clock.hpp"

namespace meshwarden::io {

// Until `clock` shows `time`, or a stop is asked for; never longer than it was until then at the begin, however far the
// clock was set back meanwhile. One that was set forward is noticed within a second. Thread-safe.
void nap(const Clock& clock, Time time, std::stop_token stop);

}  // namespace meshwarden::io

// When the next tick is due, and how many were missed meanwhile. Pure; owned by one loop.
#pragma once

#include <algorithm>
#include <cstdint>

#include "model/time.hpp"

namespace meshwarden::app {

class Pace {
public:
    Pace(Time now, Duration interval) : due_(now), interval_(interval) {}

    Time due() const { return due_; }

    // After a tick that began when it was due, or later. Gives how many were due meanwhile by the interval that held,
    // and were not held; `interval` holds from here on.
    std::int64_t ended(Time now, Duration interval) {
        const Duration late = std::max(now - due_, Duration{0});  // a clock that was set back starts anew
        const std::int64_t missed = late / interval_;
        interval_ = interval;
        // Whole intervals, so that ticks neither drift nor pile up.
        due_ = std::min<Time>(due_ + interval * (late / interval + 1), now + interval);
        return missed;
    }

private:
    Time due_;
    Duration interval_;
};

}  // namespace meshwarden::app

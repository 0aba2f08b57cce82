// The only place of the product that reads a clock.
#pragma once

#include <stop_token>

#include "model/time.hpp"

namespace meshwarden::io {

// Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    // Returns at `time`, at once when a stop is asked for, in time where the clock is set back (nap.hpp).
    virtual void sleep_until(Time time, std::stop_token stop) const = 0;
};

class SystemClock final : public Clock {
public:
    Time now() const override;
    void sleep_until(Time time, std::stop_token stop) const override;
};

}  // namespace meshwarden::io

// A failure that repeats, told once at its begin and once at its end, however often it was met between. A value of one
// thread; no clock inside.
#pragma once

#include <cstdint>
#include <optional>

#include "model/time.hpp"

namespace meshwarden {

class Outage {
public:
    struct Past {
        std::int64_t failures = 0;
        Duration lasted{0};
    };

    // True at the first failure: time to say so.
    bool failed(Time now) {
        if (failures_++ == 0) began_ = now;
        return failures_ == 1;
    }

    // What is over now; nothing if all was well before.
    std::optional<Past> succeeded(Time now) {
        if (failures_ == 0) return std::nullopt;
        const Past past{failures_, now > began_ ? now - began_ : Duration(0)};
        failures_ = 0;
        return past;
    }

    bool goes_on() const { return failures_ > 0; }

private:
    std::int64_t failures_ = 0;
    Time began_;
};

}  // namespace meshwarden

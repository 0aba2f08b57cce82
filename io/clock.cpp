#include "io/clock.hpp"

#include "io/nap.hpp"

namespace meshwarden::io {

Time SystemClock::now() const {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

void SystemClock::sleep_until(Time time, std::stop_token stop) const {
    nap(*this, time, std::move(stop));
}

}  // namespace meshwarden::io

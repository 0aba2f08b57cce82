#include "io/nap.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace meshwarden::io {

void nap(const Clock& clock, Time time, std::stop_token stop) {
    using Steady = std::chrono::steady_clock;
    constexpr Duration longest = std::chrono::seconds(1);
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    Duration left = time - clock.now();
    while (left > Duration(0) && !stop.stop_requested()) {
        const auto before = Steady::now();
        condition.wait_until(lock, stop, before + std::min(left, longest), [] { return false; });
        const auto slept = std::chrono::ceil<Duration>(Steady::now() - before);
        left = std::min(left - slept, time - clock.now());
    }
}

}  // namespace meshwarden::io

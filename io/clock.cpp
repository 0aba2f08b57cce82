#include "io/clock.hpp"

#include <condition_variable>
#include <mutex>

namespace meshwarden::io {

Time SystemClock::now() const {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

void SystemClock::sleep_until(Time time, std::stop_token stop) const {
    std::mutex mutex;
    std::condition_variable_any condition;
    std::unique_lock lock(mutex);
    condition.wait_until(lock, stop, time, [] { return false; });
}

}  // namespace meshwarden::io

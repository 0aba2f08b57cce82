// Wakes one sleeping thread. `ring` may be called from any thread at any time and is not lost when nobody sleeps.
#pragma once

#include <mutex>
#include <stop_token>

#include "io/clock.hpp"

namespace meshwarden::notify {

class Bell {
public:
    void ring() noexcept {
        const std::lock_guard lock(mutex_);
        rung_ = true;
        nap_.request_stop();
    }

    // Until `time`, a ring since the last wait, or a stop.
    void wait(const io::Clock& clock, Time time, std::stop_token stop) {
        const std::stop_callback wake(stop, [this]() noexcept { ring(); });
        std::stop_token token;
        {
            const std::lock_guard lock(mutex_);
            if (!rung_) nap_ = std::stop_source();
            token = nap_.get_token();
        }
        clock.sleep_until(time, token);
        const std::lock_guard lock(mutex_);
        rung_ = false;
    }

private:
    std::mutex mutex_;
    std::stop_source nap_;  // stopped: somebody rang
    bool rung_ = false;
};

}  // namespace meshwarden::notify

// The system's clock, which a test sets back or forward. Thread-safe.
#pragma once

#include <atomic>

#include "io/nap.hpp"

namespace meshwarden::fakes {

class SettableClock final : public io::Clock {
public:
    Time now() const override { return io::SystemClock().now() + Duration(offset_.load()); }
    void sleep_until(Time time, std::stop_token stop) const override { io::nap(*this, time, std::move(stop)); }
    void step(Duration by) { offset_ += by.count(); }

private:
    std::atomic<Duration::rep> offset_ = 0;
};

}  // namespace meshwarden::fakes

#include <chrono>
#include <functional>
#include <thread>

#include "io/nap.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

// Shows a time by how often it was looked at.
struct ScriptedClock final : io::Clock {
    explicit ScriptedClock(std::function<Time(int)> shown) : shown_(std::move(shown)) {}
    Time now() const override { return shown_(looks_++); }
    void sleep_until(Time time, std::stop_token stop) const override { io::nap(*this, time, std::move(stop)); }

private:
    std::function<Time(int)> shown_;
    mutable int looks_ = 0;
};

// Whether the sleep ends by itself, and not only by the stop that comes much later.
bool ends(const io::Clock& clock, Time until) {
    std::stop_source given_up;
    const std::jthread watch([&](std::stop_token stop) {
        io::nap(io::SystemClock(), io::SystemClock().now() + 60s, stop);
        if (!stop.stop_requested()) given_up.request_stop();
    });
    clock.sleep_until(until, given_up.get_token());
    return !given_up.stop_requested();
}

}  // namespace

TEST_CASE("a clock that is set back does not make a sleep longer") {
    const Time begin{1h * 500'000};
    CHECK(ends(ScriptedClock([&](int looks) { return looks == 0 ? begin : begin - 1h; }), begin + 20ms));
}

TEST_CASE("a clock that is set forward ends a sleep") {
    const Time begin{1h * 500'000};
    CHECK(ends(ScriptedClock([&](int looks) { return looks == 0 ? begin : begin + 2h; }), begin + 1h));
}

TEST_CASE("a clock that stands still does not make a sleep endless") {
    const Time begin{1h * 500'000};
    CHECK(ends(ScriptedClock([&](int) { return begin; }), begin + 20ms));
}

TEST_CASE("the system clock sleeps until a time") {
    const io::SystemClock clock;
    const Time until = clock.now() + 30ms;
    clock.sleep_until(until, {});
    CHECK(clock.now() >= until);
}

TEST_CASE("a stop ends a sleep at once") {
    const io::SystemClock clock;
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(20ms);
        source.request_stop();
    });
    const Time before = clock.now();
    clock.sleep_until(before + 1h, source.get_token());
    CHECK(clock.now() - before < 5s);
}

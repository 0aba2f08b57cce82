#include <chrono>
#include <thread>

#include "io/clock.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

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

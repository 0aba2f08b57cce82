#include "app/pace.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

constexpr Time start = Time(1'000s);

}  // namespace

TEST_CASE("ticks keep to whole intervals") {
    app::Pace pace(start, 3s);
    CHECK(pace.due() == start);
    CHECK(pace.ended(start + 100ms, 3s) == 0);
    CHECK(pace.due() == start + 3s);
    CHECK(pace.ended(start + 3s + 2999ms, 3s) == 0);
    CHECK(pace.due() == start + 6s);
}

TEST_CASE("a tick that takes too long leaves out those that were due meanwhile, and they are counted") {
    app::Pace pace(start, 3s);
    CHECK(pace.ended(start + 7s, 3s) == 2);
    CHECK(pace.due() == start + 9s);
}

TEST_CASE("missed ticks are counted by the interval that held, also where slow answers make it longer") {
    app::Pace pace(start, 3s);
    CHECK(pace.ended(start + 20s, 60s) == 6);
    CHECK(pace.due() == start + 60s);
    CHECK(pace.ended(start + 61s, 3s) == 0);
    CHECK(pace.due() == start + 63s);
}

TEST_CASE("a process that slept through its ticks counts them") {
    app::Pace pace(start, 3s);
    pace.ended(start + 1s, 3s);
    CHECK(pace.ended(start + 33s, 3s) == 10);
    CHECK(pace.due() == start + 36s);
}

TEST_CASE("a clock that is set back misses nothing and starts anew") {
    app::Pace pace(start, 3s);
    CHECK(pace.ended(start - 1h, 3s) == 0);
    CHECK(pace.due() == start - 1h + 3s);
}

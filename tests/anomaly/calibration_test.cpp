#include "anomaly/calibration.hpp"

#include <cmath>

#include "anomaly/tail.hpp"
#include "anomaly/week.hpp"
#include "tests/catch.hpp"

using namespace meshwarden::anomaly;

TEST_CASE("an excess is as odd as its chance is small") {
    CHECK(excess_nats(5, 10, 0.1) == 0);
    CHECK(excess_nats(10, 10, 0.1) == 0);
    CHECK(excess_nats(10, 0, 0.1) > excess_nats(10, 1, 0.1));
    CHECK(excess_nats(100, 10, 0.1) > excess_nats(50, 10, 0.1));
    CHECK(excess_nats(100, 10, 1.0) < excess_nats(100, 10, 0.1));
    // Poisson: P(X >= 20 | 10) = 0.00345, P(X >= 40 | 10) = 4.9e-12
    CHECK(excess_nats(20, 10, 0) == Approx(-std::log(0.00345)).margin(1.0));
    CHECK(excess_nats(40, 10, 0) == Approx(-std::log(4.9e-12)).margin(1.5));
    CHECK(std::isfinite(excess_nats(1e15, 1e-6, 0.01)));
    CHECK(silence_nats(0, 0.1) == 0);
    CHECK(silence_nats(20, 0) == Approx(20).epsilon(0.01));
    CHECK(silence_nats(20, 1) < 4);
}

TEST_CASE("oddness becomes alerts a day by what was seen") {
    Calibration calibration;
    for (int day = 0; day < 20; ++day) {
        for (int i = 0; i < 10; ++i) calibration.record(4);
        calibration.record(10);
        calibration.pass(1, 1000, 40);
    }
    calibration.refresh();
    CHECK(calibration.alerts_per_day(3.5) == Approx(11).epsilon(0.1));
    CHECK(calibration.alerts_per_day(9.5) == Approx(1).epsilon(0.3));
    CHECK(calibration.alerts_per_day(30) < 0.05);
    double before = 1e300;
    for (double nats = 0; nats < 1000; nats += 0.25) {  // never rises, never 0: any two can be told apart
        const double now = calibration.alerts_per_day(nats);
        CHECK(now > 0);
        CHECK(now <= before);
        before = now;
    }
}

TEST_CASE("what was recorded may be taken back, and fades") {
    Calibration calibration, empty;
    calibration.record(8);
    calibration.forget(8);
    calibration.pass(1, 10, 100);
    empty.pass(1, 10, 100);
    calibration.refresh();
    empty.refresh();
    CHECK(calibration.alerts_per_day(7) == Approx(empty.alerts_per_day(7)));
    for (int i = 0; i < 50; ++i) calibration.record(8);
    calibration.pass(1, 10, 100);
    calibration.refresh();
    const double fresh = calibration.alerts_per_day(7);
    for (int day = 0; day < 200; ++day) calibration.pass(1, 10, 400);
    calibration.refresh();
    CHECK(calibration.alerts_per_day(7) < fresh / 50);
}

TEST_CASE("quiet days are those with less traffic than the median") {
    Week week;
    for (int day = 0; day < 14; ++day) {
        CHECK((week.quiet() == 0 || day > 4));
        week.add(day % 7 == 2 || day % 7 == 3 ? 500 : 1000 + day);
        week.close(day, day > 0);
    }
    CHECK(week.quiet() == (1 << 2 | 1 << 3));
}

TEST_CASE("a week without rhythm has no quiet days") {
    Week week;
    for (int day = 0; day < 21; ++day) {
        week.add(1000 + 20 * (day % 3));
        week.close(day, true);
    }
    CHECK(week.quiet() == 0);
}

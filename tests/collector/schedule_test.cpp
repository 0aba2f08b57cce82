#include "collector/schedule.hpp"

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using namespace std::chrono_literals;

TEST_CASE("auto polls five times a scrape interval unless that costs too much") {
    Schedule schedule(std::nullopt);
    CHECK(schedule.interval() == 3s);
    const ScrapeFacts fast{500ms, 10ms};
    schedule.targets_read(Time{}, &fast, 0ms);
    CHECK(schedule.interval() == 200ms);
    const ScrapeFacts usual{15s, 3s};
    schedule.targets_read(Time{}, &usual, 0ms);
    CHECK(schedule.interval() == 3s);
    CHECK(schedule.margin() == 4s);
    for (int i = 0; i < 30; ++i) schedule.polled(800ms);
    CHECK(schedule.interval() >= 7900ms);
    CHECK(schedule.interval() <= 8000ms);
    CHECK(Schedule(1s).interval() == 1s);
}

TEST_CASE("the census leaves no hole of a minute between two times of scrapes") {
    for (const Duration scrape : {Duration(1s), Duration(10s), Duration(15s), Duration(20s), Duration(28s)}) {
        Schedule schedule(std::nullopt);
        const ScrapeFacts facts{scrape, 10ms};
        schedule.targets_read(Time{}, &facts, 0ms);
        CHECK(schedule.census_interval() >= scrape);
        CHECK(schedule.census_interval() + scrape <= 56s);
    }
}

TEST_CASE("liveness is asked eagerly at first, then every minute, and soon after a change") {
    Schedule schedule(std::nullopt);
    const Time start(1000h);
    CHECK(schedule.liveness_due(start));
    schedule.liveness_read(start, 10ms);
    CHECK_FALSE(schedule.liveness_due(start + 1s));
    CHECK(schedule.liveness_due(start + 2s));
    const Time later = start + 3min;
    schedule.liveness_read(later, 10ms);
    CHECK_FALSE(schedule.liveness_due(later + 59s));
    CHECK(schedule.liveness_due(later + 60s));
    schedule.liveness_changed(later);
    CHECK(schedule.liveness_due(later + 3s));
    schedule.liveness_read(later + 3s, 30s);
    CHECK_FALSE(schedule.liveness_due(later + 9min));
    schedule.liveness_changed(later + 1min);
    CHECK_FALSE(schedule.liveness_due(later + 4min));
    CHECK(schedule.liveness_due(later + 3s + 5min));
}

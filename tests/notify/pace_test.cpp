#include "notify/pace.hpp"

#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using namespace std::chrono_literals;

TEST_CASE("pace: a bucket lets a burst through and then keeps the rate") {
    Time now = at("2026-01-01T00:00:00.000Z");
    TokenBucket bucket(2, 3, now);
    for (int i = 0; i < 3; ++i) {
        CHECK(bucket.ready_at(now) == now);
        bucket.take();
    }
    CHECK(bucket.ready_at(now) == now + 500ms);
    now += 500ms;
    CHECK(bucket.ready_at(now) == now);
    bucket.take();
    CHECK(bucket.ready_at(now - 1h) <= now);
    now += 1h;
    CHECK(bucket.ready_at(now) == now);
    for (int i = 0; i < 3; ++i) bucket.take();
    CHECK(bucket.ready_at(now) > now);
}

TEST_CASE("pace: every kind has a rate of its own, a target may have another") {
    Target target;
    target.messages_per_second = 0;
    const std::vector<std::pair<TargetKind, double>> table{{TargetKind::slack, 1}, {TargetKind::pagerduty, 2},
                                                           {TargetKind::webhook, 50}, {TargetKind::alertmanager, 50}};
    for (const auto& [kind, rate] : table) {
        target.kind = kind;
        CHECK(messages_per_second(target) == rate);
    }
    target.messages_per_second = 0.5;
    CHECK(messages_per_second(target) == 0.5);
}

TEST_CASE("pace: waits double up to the longest, with jitter, and are forgotten") {
    Backoff backoff(1s, 30s);
    const std::vector<Duration> nominal{1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s};
    for (const auto expected : nominal) {
        const auto wait = backoff.failed(7);
        CHECK(wait <= expected);
        CHECK(wait >= expected * 3 / 4);
    }
    CHECK(backoff.failed(8) <= 1s);
    for (int i = 0; i < 1000; ++i) CHECK(backoff.failed(7) <= 30s);
    backoff.forget(7);
    CHECK(backoff.failed(7) <= 1s);
}

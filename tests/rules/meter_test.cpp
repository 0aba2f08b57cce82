// The window's meter against a slow reference that adds everything up anew, and what a storm costs both.
#include <chrono>
#include <random>

#include <fmt/format.h>

#include "rules/meter.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::rules;

namespace {

Time at(double seconds) {
    return from_epoch_seconds(seconds);
}

SeriesUpdate update_of(std::vector<Point> points) {
    return {std::make_shared<const Series>(), std::move(points), false};
}

class SlowMeter {
public:
    explicit SlowMeter(Duration window) : window_(window) {}
    void add(Time at, double increment, double base) { marks_.push_back({at, 0, increment, base}); }
    std::pair<double, double> at(Time time) const {
        double sum = 0, base = 0;
        for (const auto& mark : marks_) {
            if (mark.at <= time - window_ || mark.at > time) continue;
            sum += mark.increment;
            base += mark.base;
        }
        return {std::max(sum, 0.0), base};
    }

private:
    Duration window_;
    std::vector<Point> marks_;
};

double milliseconds(const std::function<void()>& work) {
    const auto before = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
}

}  // namespace

TEST_CASE("a window's sum is that of the marks in it, in whatever order they came") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        std::mt19937 random(seed);
        const auto number = [&](int from, int to) { return std::uniform_int_distribution<>(from, to)(random); };
        const Duration window = std::chrono::seconds(number(1, 90));
        WindowMeter meter(window, true, ShareLimit{0.3, 20});
        SlowMeter slow(window);
        double pruned_to = 0;
        for (int step = 0; step < 60; ++step) {
            const Time when = at(std::max<double>(pruned_to, 1000 + step * 5 + number(-20, 20)));
            const double increment = number(0, 9), base = number(0, 20);
            meter.add(update_of({{when, 0, increment, base}}));
            slow.add(when, increment, base);
            const Time asked = at(std::max<double>(pruned_to, 1000 + step * 5 + number(-40, 60)));
            const auto [sum, total] = slow.at(asked);
            const Measure measure = meter.at(asked);
            CAPTURE(seed, step);
            CHECK(measure.value == Approx(total > 0 ? sum / total : 0));
            CHECK(measure.share_exceeded == (total >= 20 && sum / total > 0.3));
            if (number(0, 9) == 0) {
                pruned_to = 1000 + step * 5 - 60;
                meter.prune(at(pruned_to));
            }
        }
    }
}

TEST_CASE("explained events are taken off the oldest increments within a window, once") {
    using Marks = std::vector<std::pair<double, double>>;  // seconds, events
    struct Case {
        std::string what;
        Marks marks, explained, left_marks, left_explained;
        double since = 0;  // of the first mark: when the sample before was
    };
    const Case cases[] = {
        {"a scrape earlier", {{100, 5}}, {{95, 5}}, {}, {}},
        {"a scrape later", {{100, 5}}, {{105, 3}}, {{100, 2}}, {}},
        {"of two marks the older one", {{100, 5}, {110, 5}}, {{106, 5}}, {{110, 5}}, {}},
        {"what the older does not hold goes on to the next", {{100, 5}, {110, 5}}, {{109, 7}}, {{110, 3}}, {}},
        {"in the order of time", {{100, 5}, {170, 5}}, {{150, 5}, {105, 5}}, {}, {}},
        {"several explain one", {{100, 9}}, {{90, 4}, {95, 5}}, {}, {}},
        {"more than there is is kept for what still comes", {{100, 5}}, {{101, 4}, {102, 4}}, {}, {{102, 3}}},
        {"a window away", {{100, 5}}, {{35, 1}, {160, 1}}, {{100, 3}}, {}},
        {"further away", {{100, 5}}, {{34, 1}, {161, 1}}, {{100, 5}}, {{34, 1}, {161, 1}}},
        {"within a failed scrape's time", {{400, 9}}, {{150, 4}, {300, 5}}, {}, {}, 100},
        {"before and after that time", {{400, 9}}, {{39, 1}, {461, 1}}, {{400, 9}}, {{39, 1}, {461, 1}}, 100},
    };
    for (const auto& [what, marks, explained, left_marks, left_explained, since] : cases) {
        WindowMeter meter(std::chrono::seconds(60), false, std::nullopt);
        for (const auto& [time, events] : marks)
            meter.add(update_of({{at(since > 0 ? since : time - 5), 0, 0, 0}, {at(time), 0, events, 0}}));
        std::vector<Explained> events;
        for (const auto& [time, increment] : explained) events.push_back({at(time), increment});
        meter.explain(events);
        Marks left;
        for (const auto& event : events) left.emplace_back(to_epoch_seconds(event.at), event.increment);
        CAPTURE(what);
        CHECK(left == left_explained);
        for (const auto& [time, increment] : marks) {
            const auto expected = std::ranges::find(left_marks, time, &std::pair<double, double>::first);
            CHECK(meter.at(at(time)).value - meter.at(at(time - 1)).value ==
                  (expected == left_marks.end() ? 0 : expected->second));
        }
    }
}

TEST_CASE("what has left the window leaves nothing behind, not even a rounding error") {
    WindowMeter meter(std::chrono::seconds(60), false, std::nullopt);
    for (int i = 0; i < 1000; ++i) meter.add(update_of({{at(1000 + i * 0.1), 0, 0.1, 0}}));
    CHECK(meter.at(at(1100)).value == Approx(60).margin(0.2));
    CHECK(meter.at(at(1200)).value == 0);
    CHECK(meter.first_event(at(1100)) > at(1040));
    CHECK(meter.prune(at(1200)));
}

TEST_CASE("levels of many series are one sum") {
    LevelMeter meter(std::nullopt);
    for (int i = 0; i < 4998; ++i) {
        const auto series = std::make_shared<const Series>(Series{{{"pod", std::to_string(i)}}, {}});
        meter.add({series, {{at(1000 + i % 7), 2, 0, 0}}, false});
    }
    CHECK(meter.at(at(1003)).value == 2 * 714 * 4);
    CHECK(meter.at(at(1010)).value == 2 * 4998);
}

TEST_CASE("a storm of series in one group", "[.bench]") {
    for (const int series : {1'000, 10'000, 100'000}) {
        WindowMeter meter(std::chrono::seconds(60), false, std::nullopt);
        SlowMeter slow(std::chrono::seconds(60));
        std::mt19937 random(1);
        for (int i = 0; i < series; ++i) {
            const Time when = at(1000 + std::uniform_real_distribution<>(0, 15)(random));
            meter.add(update_of({{when, 0, 1, 0}}));
            slow.add(when, 1, 0);
        }
        auto times = meter.changes(at(0), at(2000));
        double fast_sum = 0, slow_sum = 0;
        const double fast_took = milliseconds([&] { for (const Time time : times) fast_sum += meter.at(time).value; });
        if (series > 10'000) times.resize(0);
        const double slow_took = milliseconds([&] { for (const Time time : times) slow_sum += slow.at(time).first; });
        fmt::print("{} series: {:.1f} ms; added up anew for every change: {}\n", series, fast_took,
                   times.empty() ? "not tried" : fmt::format("{:.1f} ms", slow_took));
        if (!times.empty()) CHECK(fast_sum == slow_sum);
    }
}

#include "rules/episode.hpp"

#include "tests/catch.hpp"
#include "tests/rules/mesh_script.hpp"

using namespace meshwarden;
using namespace meshwarden::rules;
using meshwarden::tests::at;
using namespace std::chrono_literals;

namespace {

struct Step {
    double seconds;
    bool over;
    bool calm;
};

struct Case {
    std::string name;
    Timing timing;
    std::vector<Step> steps;
    std::optional<double> crossed, calm_since, ended;
    std::optional<double> last_crossed = crossed;
};

std::optional<Time> time_of(std::optional<double> seconds) {
    return seconds ? std::optional(at(*seconds)) : std::nullopt;
}

}  // namespace

TEST_CASE("an episode fires, keeps firing and ends at exact times") {
    const std::vector<Case> cases{
        {"fires at once", {}, {{0, false, true}, {7, true, false}}, 7, {}, {}},
        {"for: fires after it, not at the next step", {20s, 0s}, {{5, true, false}, {60, true, false}}, 25, {}, {}},
        {"for: a dip in between starts anew",
         {20s, 0s},
         {{5, true, false}, {15, false, true}, {16, true, false}, {30, true, false}},
         {},
         {},
         {}},
        {"for: over until the very moment counts", {20s, 0s}, {{5, true, false}, {25, false, true}}, 25, 25, 25},
        {"ends at once when calm", {}, {{5, true, false}, {10, false, true}}, 5, 10, 10},
        {"between clear and threshold it goes on",
         {},
         {{5, true, false}, {10, false, false}, {90, false, false}},
         5,
         {},
         {}},
        {"keep_firing_for ends exactly",
         {0s, 120s},
         {{5, true, false}, {10, false, true}, {300, false, true}},
         5,
         10,
         130},
        {"keep_firing_for is cut by a return",
         {0s, 120s},
         {{5, true, false}, {10, false, true}, {60, true, false}, {61, false, true}, {100, false, true}},
         5,
         61,
         {},
         60},
        {"it crosses again only after it was calm",
         {0s, 120s},
         {{5, true, false}, {10, false, false}, {60, true, false}},
         5,
         {},
         {},
         5},
        {"calm, then between clear and threshold, then over",
         {0s, 120s},
         {{5, true, false}, {10, false, true}, {20, false, false}, {30, true, false}, {40, true, false}},
         5,
         {},
         {},
         30},
        {"for: it crosses again after that",
         {20s, 120s},
         {{5, true, false}, {30, false, true}, {40, true, false}, {50, false, true}, {60, true, false}, {80, true, false}},
         25,
         {},
         {},
         80},
    };
    for (const auto& c : cases) {
        INFO(c.name);
        Episode episode;
        for (const auto& step : c.steps) episode.step(at(step.seconds), step.over, step.calm, c.timing);
        CHECK(episode.crossed_at() == time_of(c.crossed));
        CHECK(episode.last_crossed_at() == time_of(c.last_crossed));
        CHECK(episode.calm_since() == time_of(c.calm_since));
        CHECK(episode.ended_at() == time_of(c.ended));
    }
}

TEST_CASE("an ended episode makes room for the next") {
    Episode episode;
    episode.step(at(1), true, false, {});
    episode.step(at(2), false, true, {});
    REQUIRE(episode.ended_at() == at(2));
    episode.clear_ended();
    CHECK_FALSE(episode.firing());
    episode.step(at(3), true, false, {});
    CHECK(episode.crossed_at() == at(3));
}

#include "rehearsal/series.hpp"

#include <cmath>

#include "tests/catch.hpp"

using namespace meshwarden;
using rehearsal::Step;

namespace {

// "1 2 _ stale": what the notation stands for, written out.
std::string expanded(const std::string& text) {
    const auto steps = rehearsal::parse_values(text);
    REQUIRE(steps);
    std::string out;
    for (const auto& step : *steps) {
        out += out.empty() ? "" : " ";
        if (step.kind == Step::Kind::missing)
            out += "_";
        else if (step.kind == Step::Kind::stale)
            out += "stale";
        else if (std::isnan(step.value))
            out += "NaN";
        else if (std::isinf(step.value))
            out += step.value > 0 ? "Inf" : "-Inf";
        else if (step.value == std::floor(step.value))
            out += std::to_string(long(step.value));
        else
            out += std::to_string(step.value);
    }
    return out;
}

}  // namespace

TEST_CASE("values are written as in promtool") {
    CHECK(expanded("-2+4x3") == "-2 2 6 10");
    CHECK(expanded("1-2x4") == "1 -1 -3 -5 -7");
    CHECK(expanded("1x4") == "1 1 1 1 1");
    CHECK(expanded("1 _x3 stale") == "1 _ _ _ stale");
    CHECK(expanded("_ 12 _ 12x4") == "_ 12 _ 12 12 12 12 12");
    CHECK(expanded("0 NaN Inf +Inf -Inf") == "0 NaN Inf Inf -Inf");
    CHECK(expanded("0x2 5x0 7+1x0") == "0 0 0 5 7");
    CHECK(expanded("1e3 .5") == "1000 0.500000");
    CHECK(expanded(" \n 1\t2 ") == "1 2");
    CHECK(expanded("") == "");
    CHECK(expanded("stalex2") == "stale stale");
}

TEST_CASE("what is no value is refused, named and bounded") {
    for (const auto* text :
         {"x", "1x", "1x-1", "1x1.5", "a+bxn", "1+x3", "1+2", "_x", "_x0", "__", "stale3", "1,2", "--1", "1+-2x2",
          "1x99999999999999999999", "1x20001", "0x9999 0x9999 0x9999", "nan", "{{schema:0}}"}) {
        INFO(text);
        CHECK_FALSE(rehearsal::parse_values(text));
    }
    const auto refused = rehearsal::parse_values("1 2 " + std::string(1000, 'y'));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.size() < 200);
}

TEST_CASE("series are written as in PromQL and get a target") {
    const auto one = rehearsal::parse_series(R"(up{job="a", instance='b', x="q\"\\",})");
    REQUIRE(one);
    CHECK(*one == Labels{{"__name__", "up"}, {"job", "a"}, {"instance", "b"}, {"x", "q\"\\"}});
    CHECK(rehearsal::parse_series(R"({__name__="up",pod="web-1"})")->get("instance") == "web-1");
    CHECK(rehearsal::parse_series("up")->get("instance") == "test");
    CHECK(rehearsal::parse_series("up")->get("job") == "test");
    CHECK_FALSE(rehearsal::parse_series(R"(up{instance=""})")->has("instance"));
    for (const auto* text : {"", "{}", "up{", "up{a}", "up{a=b}", "up{a=\"1\"} 5", "up{a=~\"1\"}",
                             "up{a=\"1\",a=\"2\"}", "up[5m]", "up{a=\"1\" b=\"2\"}", "\"up\"", "up{a=\"1}"}) {
        INFO(text);
        CHECK_FALSE(rehearsal::parse_series(text));
    }
}

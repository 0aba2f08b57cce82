#include "collector/promql.hpp"

#include "tests/catch.hpp"

using namespace meshwarden::collector;
using namespace std::chrono_literals;

TEST_CASE("a matcher joins a selector") {
    CHECK(with_matcher("up", "a=\"b\"") == "up{a=\"b\"}");
    CHECK(with_matcher("up{}", "a=\"b\"") == "up{a=\"b\"}");
    CHECK(with_matcher("up{c=\"d\"}", "a=\"b\"") == "up{c=\"d\",a=\"b\"}");
    CHECK(with_matcher("up{c=\"d\", }", "a=\"b\"") == "up{c=\"d\", a=\"b\"}");
    CHECK(with_matcher("{__name__=~\"x{2}\"}", "a=\"b\"") == "{__name__=~\"x{2}\",a=\"b\"}");
}

TEST_CASE("selectors of a histogram's families") {
    CHECK(with_suffix("pilot_time", "_count") == "pilot_time_count");
    CHECK(with_suffix("pilot_time{a=\"b\"}", "_bucket") == "pilot_time_bucket{a=\"b\"}");
    CHECK(bucket_matcher("30") == R"(le=~"30(\\.0)?")");
    CHECK(bucket_matcher("0.5") == R"(le=~"0\\.5")");
}

TEST_CASE("values in matchers are quoted and escaped") {
    CHECK(matcher_of("instance", {"a:1"}) == R"(instance="a:1")");
    CHECK(matcher_of("instance", {"a.b", "c|d\"e"}) == R"(instance=~"a\\.b|c\\|d\"e")");
    CHECK(quoted("a\\b\"c\nd") == R"("a\\b\"c\nd")");
    CHECK(with_range("up", 1500ms) == "up[1s500ms]");
}

#include "config/config.hpp"
#include "tests/catch.hpp"

#include <algorithm>

using namespace meshwarden;

TEST_CASE("the shipped signals and rules load without a problem") {
    const auto loaded = config::shipped();
    for (const auto& problem : loaded.problems) {
        FAIL_CHECK(to_string(problem));
    }
    CHECK(loaded.config.signals.size() >= 9);
    CHECK(loaded.config.rules.size() >= 10);
}

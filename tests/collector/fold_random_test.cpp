// The fold against a slow reference, see lives.hpp.
#include "tests/collector/lives.hpp"

using namespace meshwarden::collector;

TEST_CASE("random lives read by random polls give the events that happened") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        std::mt19937 random(seed);
        const double until = lives::begin + 1500;
        std::vector<lives::Target> targets;
        for (int i = 0; i < 4; ++i) targets.push_back(lives::live(random, i, until));
        double expected = 0;
        for (const auto& target : targets) expected += reference(target);
        CAPTURE(seed);
        CHECK(fold_all(targets, until, random) == Approx(expected));
    }
}

// The increments fold against the slow reference of tests/collector/lives.hpp, with the input as the dice.
#include <cmath>

#include "tests/collector/lives.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden::collector;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr double duration = 300;  // seconds; long lives are read slowly
    meshwarden::fuzz::Choices choices(data, size);
    std::vector<lives::Target> targets;
    for (int i = 0; i < 2; ++i) targets.push_back(lives::live(choices, i, lives::begin + duration));
    double expected = 0;
    for (const auto& target : targets) expected += reference(target);
    const double counted = fold_all(targets, lives::begin + duration, choices);
    if (std::abs(counted - expected) > 0.5) std::fprintf(stderr, "counted %g of %g events\n", counted, expected);
    meshwarden::fuzz::promise(std::abs(counted - expected) < 0.5, "every event counts once");
    return 0;
}

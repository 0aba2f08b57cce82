// Plays one rule test through the whole path of the service: a made-up Prometheus, the collector's fold, every
// detector, settle and the outbox. Only the clock, the network and the disk are not real.
#pragma once

#include <string>
#include <vector>

#include "config/rule_tests.hpp"

namespace meshwarden::app {

// What was expected and what came instead, as text for a person.
struct Mismatch {
    int line = 0;
    Duration at{0};
    std::string expected;
    std::string came;
};

// Time 0 of a test, for those who write timestamps into samples.
inline constexpr Time test_start{std::chrono::seconds(1'700'000'000)};

// `config` must be good. Blocks for as long as the arithmetic takes.
std::vector<Mismatch> play(const config::Config& config, const config::RuleTest& test, Duration interval);

}  // namespace meshwarden::app

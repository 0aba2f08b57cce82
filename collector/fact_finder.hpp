// Asks for the facts that a fold needs about targets: were they scraped, how long has their process been up? A value
// for one round.
#pragma once

#include <expected>
#include <vector>

#include "collector/increments.hpp"
#include "collector/questions.hpp"

namespace meshwarden::collector {

class FactFinder {
public:
    FactFinder(const Needs& needs, Duration scrape_interval, Questions& questions);

    std::expected<TargetFacts, Cause> take(const Questions& questions) const;

private:
    std::vector<Questions::Id> up_, uptimes_;
};

}  // namespace meshwarden::collector

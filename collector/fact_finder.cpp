#include "collector/fact_finder.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "collector/promql.hpp"

namespace meshwarden::collector {
namespace {

constexpr std::size_t max_named = 200;   // instances in one matcher
constexpr std::size_t max_matchers = 5;  // for more all are asked
constexpr std::size_t few = 20;
constexpr std::string_view signal = "targets";

// Of some hundred targets only theirs is asked: what is not named is not read.
std::vector<std::string> matchers(const Needs& needs) {
    std::set<std::string> instances;
    for (const auto& [target, instance] : needs.instances) instances.insert(instance);
    if (instances.size() > max_named * max_matchers) return {R"(instance!="")"};
    std::vector<std::string> found;
    std::vector<std::string> some;
    for (const auto& instance : instances) {
        some.push_back(instance);
        if (some.size() < max_named) continue;
        found.push_back(matcher_of("instance", std::exchange(some, {})));
    }
    if (!some.empty()) found.push_back(matcher_of("instance", some));
    return found;
}

}  // namespace

FactFinder::FactFinder(const Needs& needs, Duration scrape_interval, Questions& questions) {
    if (needs.instances.empty()) return;
    const Time at = needs.latest;
    const Duration back = std::clamp<Duration>(at - needs.oldest, Duration{0}, std::chrono::hours(2)) +
                          2 * scrape_interval + std::chrono::seconds(5);
    // A target may have failed for long before it showed the new series.
    const Duration evidence = needs.instances.size() <= few ? Targets::memory : std::chrono::minutes(10);
    const Duration slowest_scrapes = std::chrono::minutes(2);  // a target may be scraped less often than most
    const Duration up_back = std::max(back + slowest_scrapes, evidence);
    for (const auto& instances : matchers(needs)) {
        const std::string uptimes = fmt::format("{{__name__=~{},{}}}", quoted(TargetFacts::uptime_names), instances);
        uptimes_.push_back(questions.ask(with_range(uptimes, back), at, signal));
        if (!needs.births) continue;
        up_.push_back(questions.ask(with_range(with_matcher("up", instances), up_back), at, signal));
    }
}

std::expected<TargetFacts, Cause> FactFinder::take(const Questions& questions) const {
    TargetFacts facts;
    for (const auto id : up_) {
        if (!questions[id]) return std::unexpected(questions[id].error());
        facts.add_up(*questions[id]);
    }
    for (const auto id : uptimes_) {
        if (!questions[id]) return std::unexpected(questions[id].error());
        facts.add_uptimes(*questions[id]);
    }
    return facts;
}

}  // namespace meshwarden::collector

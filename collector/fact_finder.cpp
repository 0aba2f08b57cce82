#include "collector/fact_finder.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "collector/promql.hpp"

namespace meshwarden::collector {
namespace {

constexpr std::size_t max_named = 100;  // instances in one matcher; for more all are asked
constexpr std::size_t few = 20;
constexpr std::string_view signal = "targets";

std::string matcher(const Needs& needs) {
    std::set<std::string> instances;
    for (const auto& [target, instance] : needs.instances) instances.insert(instance);
    if (instances.size() > max_named) return R"(instance!="")";
    return matcher_of("instance", {instances.begin(), instances.end()});
}

}  // namespace

FactFinder::FactFinder(const Needs& needs, Duration scrape_interval, Questions& questions) {
    if (needs.instances.empty()) return;
    const std::string instances = matcher(needs);
    const Time at = needs.latest;
    const Duration back = std::clamp<Duration>(at - needs.oldest, Duration{0}, std::chrono::hours(2)) +
                          2 * scrape_interval + std::chrono::seconds(5);
    uptimes_ = questions.ask(
        with_range(fmt::format("{{__name__=~{},{}}}", quoted(TargetFacts::uptime_names), instances), back), at, signal);
    if (!needs.births) return;
    // A target may have failed for long before it showed the new series.
    const Duration evidence = needs.instances.size() <= few ? Targets::memory : std::chrono::minutes(10);
    const Duration slowest_scrapes = std::chrono::minutes(2);  // a target may be scraped less often than most
    up_ = questions.ask(with_range(with_matcher("up", instances), std::max(back + slowest_scrapes, evidence)), at,
                        signal);
}

std::expected<TargetFacts, Cause> FactFinder::take(const Questions& questions) const {
    TargetFacts facts;
    if (up_) {
        if (!questions[*up_]) return std::unexpected(questions[*up_].error());
        facts.add_up(*questions[*up_]);
    }
    if (uptimes_) {
        if (!questions[*uptimes_]) return std::unexpected(questions[*uptimes_].error());
        facts.add_uptimes(*questions[*uptimes_]);
    }
    return facts;
}

}  // namespace meshwarden::collector

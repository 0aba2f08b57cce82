#include "collector/target_facts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshwarden::collector {
namespace {

using std::chrono::seconds;

// envoy_server_uptime moves every 5 s only and counts whole seconds.
constexpr Duration staleness = seconds(10);
// Between a sample's time, when its scrape began, and the page that it came with.
constexpr Duration slowest = std::chrono::minutes(1);

int rank_of(std::string_view name) {
    if (name == "envoy_server_uptime") return 3;
    if (name == "istiod_uptime_seconds") return 2;
    return 1;
}

}  // namespace

std::string TargetFacts::restarts_question(Duration range, Time now) {
    return fmt::format("last_over_time(envoy_server_uptime[{0}]) < {1:.3f} or "
                       "last_over_time(istiod_uptime_seconds[{0}]) < {1:.3f} or "
                       "last_over_time(process_start_time_seconds[{0}]) > {2:.3f}",
                       to_string(range), double(range.count()) / 1000, to_epoch_seconds(now - range));
}

void TargetFacts::add_up(const Answer& samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        auto& facts = facts_[target_key(samples.metric(i))];
        for (const auto& sample : samples.samples(i))
            if (sample.value == 1) facts.up.push_back(sample.at);
        std::ranges::sort(facts.up);
        if (samples.samples(i).empty()) continue;
        Labels labels = samples.metric(i).materialise();
        labels.set("__name__", "");
        facts.names.push_back({std::move(labels), samples.samples(i).front().at, samples.samples(i).back().at});
    }
    for (auto& [target, facts] : facts_) {
        facts.relabellings.clear();
        std::ranges::sort(facts.names, {}, &Named::first);
        for (std::size_t i = 1; i < facts.names.size(); ++i) {
            const auto &before = facts.names[i - 1], &after = facts.names[i];
            if (before.last < after.first) facts.relabellings.push_back({before.labels, after.labels, after.first});
        }
    }
}

const Relabelling* TargetFacts::relabelled(std::uint64_t target, Time at) const {
    const auto found = facts_.find(target);
    if (found == facts_.end()) return nullptr;
    const auto& all = found->second.relabellings;
    const auto after = std::ranges::upper_bound(all, at, {}, &Relabelling::at);
    return after == all.begin() ? nullptr : &*std::prev(after);
}

void TargetFacts::add_uptimes(const Answer& samples) {
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Metric metric = samples.metric(i);
        auto& facts = facts_[target_key(metric)];
        const int rank = rank_of(metric.get("__name__"));
        if (rank <= facts.rank) continue;
        facts.rank = rank;
        facts.uptimes.clear();
        for (const auto& [at, value] : samples.samples(i)) {
            if (!std::isfinite(value) || value < 0 || value > 1e11) continue;
            const Time started = rank == 1 ? from_epoch_seconds(value) : at - Duration(std::int64_t(value * 1000));
            facts.uptimes.push_back({at, started, rank == 1 ? to_epoch_seconds(at) - value : value});
        }
    }
}

bool TargetFacts::scraped_between(std::uint64_t target, Time from, Time before) const {
    const auto found = facts_.find(target);
    if (found == facts_.end()) return false;
    const auto& up = found->second.up;
    const auto first = std::ranges::lower_bound(up, from);
    return first != up.end() && *first < before;
}

std::optional<Time> TargetFacts::started(std::uint64_t target, Time at) const {
    const auto found = facts_.find(target);
    if (found == facts_.end() || found->second.uptimes.empty()) return std::nullopt;
    const auto distance = [&](const Uptime& uptime) { return std::chrono::abs(uptime.at - at); };
    const auto& nearest = *std::ranges::min_element(found->second.uptimes, {}, distance);
    if (distance(nearest) > std::chrono::minutes(1)) return std::nullopt;
    return nearest.started;
}

bool TargetFacts::restarted(std::uint64_t target, Time from, Time to) const {
    const auto found = facts_.find(target);
    if (found == facts_.end()) return false;
    const Uptime* before = nullptr;
    for (const auto& uptime : found->second.uptimes) {
        if (uptime.at > to) break;  // one page, one time: a later fall concerns later samples
        if (before == nullptr && uptime.at > from) return uptime.started - staleness > from;
        if (before != nullptr && uptime.at > from) {
            const bool fell = uptime.shown < before->shown - 0.5;
            // A slow scrape shows an uptime of after its time, and the next seems to have started later than it did;
            // but who took the place of another is not older than that one's last sample.
            const bool younger = uptime.started > before->started + staleness && uptime.started > before->at - slowest;
            if (fell || younger) return true;
        }
        before = &uptime;
    }
    return false;
}

bool World::counts_in_full(std::uint64_t target, Time at, Time known_from) const {
    if (target == 0) return false;
    const Time from = std::max(known_from, at - Targets::memory);
    if (facts.scraped_between(target, from, at) || targets.seen_between(target, from, at)) return true;
    const auto started = facts.started(target, at);
    const auto first = targets.first_time();
    if (!started || !first || *started < *first) return false;
    const Duration slack = std::max<Duration>(2 * scrape_interval, seconds(60));
    return *started >= at - slack || targets.hole_between(*started, at, slack);
}

}  // namespace meshwarden::collector

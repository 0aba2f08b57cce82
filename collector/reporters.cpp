#include "collector/reporters.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "collector/promql.hpp"
#include "collector/targets.hpp"

namespace meshwarden::collector {
namespace {

constexpr std::string_view source = "source";

std::tuple<std::string, std::string, std::string> destination_of(std::string_view family, const Metric& metric) {
    return {std::string(family), std::string(metric.get("destination_workload_namespace")),
            std::string(metric.get("destination_workload"))};
}

bool named(const Metric& metric) {
    const std::string_view workload = metric.get("destination_workload");
    return !workload.empty() && workload != "unknown";
}

auto minute_of(Time at) {
    return std::chrono::ceil<std::chrono::minutes>(at);
}

}  // namespace

Reporters::Reporters(std::vector<std::string> reporters) : reporters_(std::move(reporters)) {}

void Reporters::note(const Rows& rows, Time at) {
    for (const auto& row : rows.rows) {
        instances_seen_ = instances_seen_ || row.target != 0;
        if (row.metric.get("reporter") == source || !named(row.metric)) continue;
        verdicts_[destination_of(row.metric.get("__name__"), row.metric)] = {true, at};
    }
}

void Reporters::ask(const Rows& rows, const std::function<bool(const Row&)>& moved, Time at, std::string_view signal,
                    Questions& questions) {
    asked_.clear();
    families_.clear();
    undecided_.clear();
    if (reporters_.empty()) return;
    note(rows, at);
    asked_at_ = at;
    std::map<std::string, std::set<std::string>> workloads;  // by family
    for (const auto& row : rows.rows) {
        if (row.metric.get("reporter") != source || !named(row.metric) || !moved(row)) continue;
        auto destination = destination_of(row.metric.get("__name__"), row.metric);
        const auto verdict = verdicts_.find(destination);
        if (verdict != verdicts_.end() && at - verdict->second.at < trust) continue;
        workloads[std::get<0>(destination)].insert(std::get<2>(destination));
        undecided_.push_back(std::move(destination));
    }
    for (const auto& [family, names] : workloads) {
        std::string selector = with_matcher(family, R"(reporter=~"destination|waypoint")");
        if (names.size() <= max_named) {
            selector = with_matcher(selector, matcher_of("destination_workload", {names.begin(), names.end()}));
        }
        asked_.push_back(questions.ask(
            fmt::format("count by (destination_workload_namespace,destination_workload) (last_over_time({}))",
                        with_range(selector, memory)), at, signal));
        families_.push_back(family);
    }
}

std::optional<Cause> Reporters::take(const Questions& questions) {
    for (const auto id : asked_)
        if (!questions[id]) return questions[id].error();
    for (auto& destination : undecided_) verdicts_[destination] = {false, asked_at_};
    for (std::size_t i = 0; i < asked_.size(); ++i) {
        const Answer& answer = *questions[asked_[i]];
        for (std::size_t row = 0; row < answer.size(); ++row)
            verdicts_[destination_of(families_[i], answer.metric(row))] = {true, asked_at_};
    }
    std::erase_if(verdicts_, [&](const auto& entry) { return asked_at_ - entry.second.at > 10 * trust; });
    const auto oldest = std::chrono::floor<std::chrono::minutes>(asked_at_ - Targets::memory);
    for (auto& [destination, minutes] : told_) minutes.erase(minutes.begin(), minutes.lower_bound(oldest));
    std::erase_if(told_, [](const auto& entry) { return entry.second.empty(); });
    return std::nullopt;
}

bool Reporters::counts(const Metric& metric) const {
    if (reporters_.empty()) return true;
    // A recording rule that rewrites a waypoint's series to other reporters drops the target's labels.
    if (instances_seen_ && metric.get("instance").empty()) return false;
    const std::string_view reporter = metric.get("reporter");
    if (std::ranges::find(reporters_, reporter) == reporters_.end()) return false;
    if (reporter != source || !named(metric)) return true;
    const auto verdict = verdicts_.find(destination_of(metric.get("__name__"), metric));
    return verdict == verdicts_.end() || !verdict->second.reported;
}

void Reporters::count_once(const Metric& metric, SeriesUpdate& update) {
    if (reporters_.empty() || !named(metric)) return;
    const auto destination = destination_of(metric.get("__name__"), metric);
    if (metric.get("reporter") == source) {
        for (const auto& point : update.points)
            if (point.increment > 0) told_[destination][minute_of(point.at)] += point.increment;
        return;
    }
    const auto told = told_.find(destination);
    if (told == told_.end()) return;
    for (std::size_t i = 0; i < update.points.size(); ++i) {
        auto& [at, value, increment, base] = update.points[i];
        if (i == 0 && increment < value) continue;  // of what time is not told
        // A birth tells of whatever came before it.
        auto minute = i == 0 ? told->second.begin() : told->second.upper_bound(minute_of(update.points[i - 1].at));
        for (; minute != told->second.upper_bound(minute_of(at)); ++minute) {
            const double both = std::min(increment, minute->second);
            increment -= both;
            minute->second -= both;
        }
    }
}

}  // namespace meshwarden::collector

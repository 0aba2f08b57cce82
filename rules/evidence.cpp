#include "rules/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace meshwarden::rules {
namespace {

constexpr std::size_t max_points = 512;  // per series; a window holds far fewer

const std::vector<std::string> source_labels{"cluster", "source_namespace", "source_workload", "source_principal"};

std::vector<TopSource> ranked(std::map<Labels, double> sums) {
    std::vector<TopSource> sources;
    for (auto& [labels, value] : sums) sources.push_back({labels, value});
    std::ranges::stable_sort(sources, std::ranges::greater(), &TopSource::value);
    return sources;
}

EvidenceSeries cut_out(const Labels& metric, const std::deque<Point>& points, Time from, Time to) {
    EvidenceSeries series{metric, {}, 0};
    for (const auto& point : points) {
        if (point.at > to) break;
        if (point.at <= from) series.points.clear();
        series.points.emplace_back(point.at, point.value);
        if (point.at > from) series.increment += point.increment;
    }
    return series;
}

template <class T>
void cut(std::vector<T>& list, std::size_t limit, std::string_view what, Evidence& evidence) {
    if (list.size() <= limit) return;
    evidence.notes.push_back(fmt::format("{} of {} {} are shown, the largest first", limit, list.size(), what));
    evidence.truncated = true;
    list.resize(limit);
}

}  // namespace

Place place_of(const Labels& labels) {
    return {std::string(labels.get("refused_namespace")), std::string(labels.get("refused_by"))};
}

bool fails(const Labels& metric, const std::vector<Labels>& failing_targets) {
    return std::ranges::any_of(failing_targets, [&](const Labels& target) {
        return target.get("instance") == metric.get("instance") && target.get("job") == metric.get("job");
    });
}

void History::add(const SeriesUpdate& update) {
    auto& track = tracks_[update.series->metric];
    track.labels = update.series->labels;
    for (const auto& point : update.points) {
        if (!track.points.empty() && point.at <= track.points.back().at) continue;
        track.points.push_back(point);
        if (track.points.size() > max_points) track.points.pop_front();
    }
}

void History::prune(Time oldest) {
    for (auto& [metric, track] : tracks_)
        while (track.points.size() > 1 && track.points[1].at <= oldest) track.points.pop_front();
    std::erase_if(tracks_, [&](const auto& entry) {
        return entry.second.points.empty() || entry.second.points.back().at <= oldest - std::chrono::minutes(5);
    });
}

std::map<Labels, Time> History::unseen(const std::vector<Labels>& failing_targets) const {
    std::map<Labels, Time> unseen;
    if (failing_targets.empty()) return unseen;
    for (const auto& [metric, track] : tracks_) {
        if (track.points.empty() || !fails(metric, failing_targets)) continue;
        auto& last = unseen[metric.only({"instance", "job"})];
        last = std::max(last, track.points.back().at);
    }
    return unseen;
}

std::set<Place> History::places() const {
    std::set<Place> places;
    for (const auto& [metric, track] : tracks_) places.insert(place_of(track.labels));
    return places;
}

double History::sum(Time from, Time to, std::string_view reason) const {
    double sum = 0;
    for (const auto& [metric, track] : tracks_) {
        if (track.labels.get("reason") != reason) continue;
        for (const auto& point : track.points)
            if (point.at > from && point.at <= to) sum += point.increment;
    }
    return sum;
}

double History::placed(Time from, Time to) const {
    double sum = 0;
    for (const auto& [metric, track] : tracks_) {
        if (!track.labels.has("refused_by") || track.labels.get("reason") == "tcp") continue;
        for (const auto& point : track.points)
            if (point.at > from && point.at <= to) sum += point.increment;
    }
    return sum;
}

Evidence History::evidence(Time from, Time to) const {
    Evidence evidence;
    evidence.taken_at = to;
    std::map<Labels, double> sources;
    for (const auto& [metric, track] : tracks_) {
        auto series = cut_out(metric, track.points, from, to);
        const bool level = series.increment == 0 && !series.points.empty();
        if (series.increment > 0)
            if (const auto source = track.labels.only(source_labels);
                source.has("source_workload") || source.has("source_principal"))
                sources[source] += series.increment;
        if (series.increment > 0 || level) evidence.series.push_back(std::move(series));
    }
    std::ranges::stable_sort(evidence.series, std::ranges::greater(), &EvidenceSeries::increment);
    evidence.top_sources = ranked(std::move(sources));
    cut(evidence.series, Evidence::max_series, "series", evidence);
    cut(evidence.top_sources, Evidence::max_sources, "sources", evidence);
    return evidence;
}

std::string corroboration(double http, double others, double rbac) {
    if (http <= 0) return {};
    const double most = std::min(http, rbac);
    const double least = rbac >= http + others ? http : std::max(0.0, rbac - others);
    if (most == 0)
        return fmt::format("The mesh itself refused none of the {} responses with 403: its RBAC counters did not move",
                           http);
    if (least == most && most == http)
        return fmt::format("The mesh itself refused all of the {} responses with 403, by its RBAC counters", http);
    if (least == most)
        return fmt::format("The mesh itself refused {} of the {} responses with 403, by its RBAC counters", most, http);
    return fmt::format(
        "The mesh itself refused between {} and {} of the {} responses with 403; gRPC refusals, and those of "
        "other services there, move the same RBAC counters",
        least, most, http);
}

}  // namespace meshwarden::rules

#include "collector/increments.hpp"

#include <algorithm>
#include <set>

namespace meshwarden::collector {
namespace {

bool aggregated(const Metric& metric) {
    return metric.get("instance").empty() && metric.get("pod").empty() && metric.get("kubernetes_pod_name").empty();
}

bool adds(const Point& point) {
    return point.increment > 0 || point.base > 0;
}

}  // namespace

Point counter_point(const Count& now, double value, double) {
    return {now.at, now.value, value, 0};
}

Point denominator_point(const Count& now, double value, double) {
    return {now.at, now.value, 0, value};
}

Point tail_point(const Count& now, double value, double base) {
    return {now.at, now.value - now.base, std::max(0.0, value - base), value};
}

Point stalled_point(const Count& now, double value, double base) {
    return {now.at, now.level, value, base};
}

Increments::Increments(Describe describe, Shape shape, bool follow_always)
    : describe_(std::move(describe)), shape_(shape), follow_always_(follow_always) {}

bool Increments::moved(const Rows& rows, const Row& row) const {
    const auto known = last_.find(row.key);
    const auto counts = rows.of(row);
    if (known == last_.end())
        return std::ranges::any_of(counts, [](const Count& c) { return c.value > 0 || c.base > 0; });
    return std::ranges::any_of(counts, [&](const Count& count) {
        return count.at > known->second.at && (count.value != known->second.value || count.base != known->second.base);
    });
}

std::optional<Time> Increments::wants(const Row& row, double value, const Window& window,
                                      const std::unordered_set<std::uint64_t>& restarted) {
    const Duration two_scrapes = 2 * window.scrape_interval;
    const auto known = last_.find(row.key);
    // Series at 0 are not told: was it one of them, or is it born?
    if (known == last_.end() || known->second.value == 0) return window.from - two_scrapes;
    Last& last = known->second;
    // In two scrapes it may have been reset to 0 and have come back.
    const bool unbroken = window.to - last.at < two_scrapes && !restarted.contains(row.target);
    if (value != last.value || !unbroken || followed_.contains(row.key)) return last.at;
    last.at = std::max(last.at, window.from);
    return std::nullopt;
}

std::optional<Time> Increments::away_since(const Rows& rows, const Row& row, Duration scrape_interval) const {
    const auto known = last_.find(row.key);
    if (known == last_.end() || known->second.value == 0) return std::nullopt;
    const auto counts = rows.of(row);
    const auto fresh = std::ranges::find_if(counts, [&](const Count& count) { return count.at > known->second.at; });
    if (fresh == counts.end() || fresh->at - known->second.at < 2 * scrape_interval) return std::nullopt;
    return known->second.at;
}

void Increments::need(const Rows& rows, Time known_from, Duration scrape_interval,
                      const std::unordered_set<std::uint64_t>& restarted, Needs& needs) const {
    for (const auto& row : rows.rows) {
        if (row.target == 0) continue;
        const auto known = last_.find(row.key);
        const bool stood = known != last_.end() && known->second.value > 0 && restarted.contains(row.target);
        const bool back = away_since(rows, row, scrape_interval).has_value();
        if (!moved(rows, row) && !back && !(stood && !rows.of(row).empty())) continue;
        const Count& first = rows.of(row).front();
        const bool born = known == last_.end();
        if (born && first.at < known_from + scrape_interval) continue;  // nothing older can have been read
        needs.births = needs.births || ((born || back) && (first.value > 0 || first.base > 0));
        needs.oldest = std::min(needs.oldest, born ? first.at : known->second.at);
        needs.instances.try_emplace(row.target, row.metric.get("instance"));
    }
}

FoldResult Increments::fold(const Rows& rows, Time known_from, const World& world) {
    FoldResult result;
    for (std::size_t i = 0; i < rows.rows.size(); ++i) fold_row(rows, i, known_from, world, result);
    return result;
}

Point Increments::birth(const Row& row, const Count& first, Time known_from, const World& world,
                        FoldResult& result) const {
    if (first.value == 0 && first.base == 0) return shape_(first, 0, 0);
    if (world.counts_in_full(row.target, first.at, known_from)) return shape_(first, first.value, first.base);
    // What stands at the beginning of the first read was there before anybody looked: no loss.
    if (first.at > known_from + 2 * world.scrape_interval) result.possibly_missed = true;
    return shape_(first, 0, 0);
}

Point Increments::step(const Row& row, const Last& before, const Count& now, const World& world,
                       FoldResult& result) const {
    const bool fell = now.value < before.value || now.base < before.base;
    if (fell && aggregated(row.metric)) {
        result.aggregated = true;
        return shape_(now, 0, 0);
    }
    const bool reset = fell || world.facts.restarted(row.target, before.at, now.at);
    return reset ? shape_(now, now.value, now.base) : shape_(now, now.value - before.value, now.base - before.base);
}

// The key that a series had before its target got other labels.
std::uint64_t Increments::key_before(const Row& row, const Relabelling& change) {
    std::vector<LabelView> labels;
    std::set<std::string_view> own;
    for (const auto& label : row.metric.labels()) {
        if (change.after.get(label.name) == label.value) continue;
        labels.push_back(label);
        own.insert(label.name);
    }
    for (const auto& [name, value] : change.before)
        if (!own.contains(name)) labels.push_back({name, value});
    std::ranges::sort(labels, {}, &LabelView::name);
    return series_key(labels);
}

// A series whose target got other labels goes on from the one that had the old ones, which has had its last sample.
void Increments::take_over(const Row& row, std::span<const Count> counts, const World& world) {
    const auto own = last_.find(row.key);
    const Time seen = own == last_.end() ? Time::min() : own->second.at;
    const auto fresh = std::ranges::upper_bound(counts, seen, {}, &Count::at);
    if (fresh == counts.end()) return;
    const auto* change = world.facts.relabelled(row.target, fresh->at);
    if (change == nullptr) return;
    const auto before = last_.find(key_before(row, *change));
    if (before == last_.end() || before->second.at <= seen) return;
    const Last value = before->second;
    before->second.at = change->at - Duration(1);
    last_[row.key] = value;
}

void Increments::fold_row(const Rows& rows, std::size_t index, Time known_from, const World& world,
                          FoldResult& result) {
    const Row& row = rows.rows[index];
    const auto counts = rows.of(row);
    take_over(row, counts, world);
    auto known = last_.find(row.key);
    const bool watched = follow_always_ || followed_.contains(row.key);
    std::vector<Point> points;
    bool added = false;
    for (const Count& count : counts) {
        const bool born = known == last_.end();
        if (!born && count.at <= known->second.at) continue;
        Point point =
            born ? birth(row, count, known_from, world, result) : step(row, known->second, count, world, result);
        const bool first_increment = adds(point) && !added && !born && !follow_always_;
        if (first_increment)
            points.push_back(shape_({known->second.at, known->second.value, known->second.base, 0}, 0, 0));
        added = added || adds(point);
        if (added || watched) points.push_back(point);
        if (born) known = last_.emplace(row.key, Last{}).first;
        known->second = {count.at, count.value, count.base};
    }
    if (!points.empty()) give(row, index, std::move(points), result);
}

void Increments::give(const Row& row, std::size_t index, std::vector<Point> points, FoldResult& result) {
    const auto [entry, fresh] = followed_.try_emplace(row.key);
    auto& followed = entry->second;
    if (fresh) followed.series = describe_(row.metric);
    const auto last = std::ranges::find_if(points.rbegin(), points.rend(), adds);
    if (last != points.rend()) followed.until = last->at + follow;
    const bool over = !follow_always_ && points.back().at > followed.until;
    result.items.push_back({index, {followed.series, std::move(points), false}});
    if (over) followed_.erase(entry);
}

void Increments::forget_before(Time oldest) {
    std::erase_if(last_, [&](const auto& entry) { return entry.second.at < oldest; });
    std::erase_if(followed_, [&](const auto& entry) { return !last_.contains(entry.first); });
}

}  // namespace meshwarden::collector

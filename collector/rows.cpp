#include "collector/rows.hpp"

#include <cmath>
#include <map>
#include <unordered_map>

namespace meshwarden::collector {
namespace {

bool countable(double value) {
    constexpr double most = 1e18;
    return std::isfinite(value) && value >= 0 && value <= most;
}

Row row_of(const Answer& answer, std::size_t index, const Rows& rows) {
    const Metric metric = answer.metric(index);
    const auto begin = std::uint32_t(rows.counts.size());
    return {metric, series_key(metric.labels()), target_key(metric), begin, begin};
}

void close(Rows& rows, Row row) {
    row.end = std::uint32_t(rows.counts.size());
    rows.rows.push_back(row);
}

using Timeline = std::map<Time, double>;

// By target, the sum of its series at each time.
std::unordered_map<std::uint64_t, Timeline> sums(const Answer& answer) {
    std::unordered_map<std::uint64_t, Timeline> sums;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        auto& timeline = sums[target_key(answer.metric(i))];
        for (const auto& [at, value] : answer.samples(i))
            if (countable(value)) timeline[at] += value;
    }
    return sums;
}

double value_at(const std::unordered_map<std::uint64_t, Timeline>& sums, std::uint64_t target, Time at) {
    const auto timeline = sums.find(target);
    if (timeline == sums.end()) return 0;
    const auto value = timeline->second.find(at);
    return value == timeline->second.end() ? 0 : value->second;
}

}  // namespace

std::uint64_t target_key(const Metric& metric) {
    const std::string_view instance = metric.get("instance");
    if (instance.empty()) return 0;
    KeyBuilder builder;
    builder.add(metric.get("cluster"));
    builder.add(metric.get("job"));
    builder.add(instance);
    return builder.key();
}

void add_counter_rows(const Answer& answer, Rows& rows) {
    rows.rows.reserve(rows.rows.size() + answer.size());
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const Row row = row_of(answer, i, rows);
        for (const auto& [at, value] : answer.samples(i))
            if (countable(value)) rows.counts.push_back({at, value});
        close(rows, row);
    }
}

Rows counter_rows(const Answer& answer) {
    Rows rows;
    add_counter_rows(answer, rows);
    return rows;
}

Rows tail_rows(const Answer& count, const Answer& bucket) {
    std::unordered_map<std::uint64_t, Timeline> buckets;
    for (std::size_t i = 0; i < bucket.size(); ++i) {
        auto& timeline = buckets[series_key(bucket.metric(i).labels(), "le", "__name__")];
        for (const auto& [at, value] : bucket.samples(i))
            if (countable(value)) timeline.try_emplace(at, value);
    }
    Rows rows;
    for (std::size_t i = 0; i < count.size(); ++i) {
        const Row row = row_of(count, i, rows);
        const auto timeline = buckets.find(series_key(row.metric.labels(), "__name__"));
        if (timeline != buckets.end()) {
            for (const auto& [at, value] : count.samples(i)) {
                const auto in_bucket = timeline->second.find(at);
                if (countable(value) && in_bucket != timeline->second.end())
                    rows.counts.push_back({at, value, in_bucket->second});
            }
        }
        close(rows, row);
    }
    return rows;
}

Rows stalled_rows(const Answer& counter, const Answer& base, const Answer& gate) {
    const auto bases = sums(base);
    const auto gates = sums(gate);
    Rows rows;
    for (std::size_t i = 0; i < counter.size(); ++i) {
        const Row row = row_of(counter, i, rows);
        for (const auto& [at, value] : counter.samples(i)) {
            if (!countable(value)) continue;
            rows.counts.push_back({at, value, value_at(bases, row.target, at), value_at(gates, row.target, at)});
        }
        close(rows, row);
    }
    return rows;
}

}  // namespace meshwarden::collector

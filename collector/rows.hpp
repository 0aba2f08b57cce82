// Series laid side by side for the fold: of each its key, its target and its samples, where several series make one
// (a histogram's count and bucket, a counter and the one that follows it) aligned by sample time. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "collector/prometheus_answer.hpp"

namespace meshwarden::collector {

struct Count {
    Time at;
    double value = 0;
    double base = 0;   // histogram_tail: the bucket; stalled: the one that follows; else 0
    double level = 0;  // stalled: the gate
};

struct Row {
    Metric metric;
    std::uint64_t key = 0;
    std::uint64_t target = 0;  // of (cluster, job, instance); 0 where the series has no instance
    std::uint32_t begin = 0, end = 0;
};

struct Rows {
    std::vector<Row> rows;  // view into the answers
    std::vector<Count> counts;

    std::span<const Count> of(const Row& row) const {
        return std::span(counts).subspan(row.begin, row.end - row.begin);
    }
};

std::uint64_t target_key(const Metric& metric);

// NaN, infinite, negative and absurdly large samples are left out everywhere.
void add_counter_rows(const Answer& answer, Rows& rows);
Rows counter_rows(const Answer& answer);

// A series of `count` and that of `bucket` with the same labels but le; times that only one of them has are left out.
Rows tail_rows(const Answer& count, const Answer& bucket);

// A series of `counter`, beside it the sums of `base` and `gate` on the same target; absent ones count as 0.
Rows stalled_rows(const Answer& counter, const Answer& base, const Answer& gate);

}  // namespace meshwarden::collector

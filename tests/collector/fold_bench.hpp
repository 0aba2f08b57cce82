// A fold with what it needs around it, fed by hand.
#pragma once

#include "collector/increments.hpp"
#include "tests/collector/series.hpp"

namespace meshwarden::collector {

class FoldBench {
public:
    explicit FoldBench(Shape shape = counter_point, bool follow_always = false)
        : fold_(
              [](const Metric& metric) {
                  return std::make_shared<const Series>(Series{metric.materialise(), {}});
              },
              shape, follow_always) {}

    void up(const std::vector<TestSeries>& series) { facts_.add_up(matrix(series)); }
    void uptimes(const std::vector<TestSeries>& series) { facts_.add_uptimes(matrix(series)); }
    void seen(const Labels& target, double time) {
        targets_.note(target_key(matrix({{target, {{time, 1}}}}).metric(0)), at(time));
    }

    FoldResult read(const std::vector<TestSeries>& series) { return read(matrix(series)); }
    FoldResult read(const Answer& answer) { return read_rows(counter_rows(answer)); }
    FoldResult read_rows(const Rows& rows) {
        targets_.note(rows);
        needs = {};
        fold_.need(rows, known_from, interval, restarted, needs);
        return fold_.fold(rows, known_from, World{targets_, facts_, interval});
    }
    // All but the facts of a round.
    void take_over(const FoldBench& other) {
        fold_ = other.fold_;
        targets_ = other.targets_;
    }
    void forget_before(double time) { fold_.forget_before(at(time)); }
    std::size_t size() const { return fold_.size(); }
    Increments& increments() { return fold_; }

    Time known_from = at(1000);
    Duration interval = std::chrono::seconds(15);
    Needs needs;
    std::unordered_set<std::uint64_t> restarted;

private:
    Targets targets_;
    TargetFacts facts_;
    Increments fold_;
};

inline double total(const FoldResult& result) {
    double sum = 0;
    for (const auto& item : result.items)
        for (const auto& point : item.update.points) sum += point.increment;
    return sum;
}

}  // namespace meshwarden::collector

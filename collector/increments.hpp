// The fold: samples of counters in, exact increments out. No rate, no extrapolation: a reset counts from zero, a birth
// counts in full where its target was being watched, what vanished counts nothing. Pure: no HTTP, no clock. One fold
// per selector, owned by one thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/rows.hpp"
#include "collector/target_facts.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::collector {

// Targets about which facts are needed before a fold may be exact.
struct Needs {
    std::map<std::uint64_t, std::string> instances;  // target -> its label instance
    bool births = false;                             // then `up` is needed as well as the uptimes
    Time oldest = Time::max();                       // the oldest sample that a fact must reach back to
    Time latest = Time::min();                       // the end of the time in question
};

// What a sample adds, by kind of signal: `now`, and how much its value and base rose.
using Shape = Point (*)(const Count& now, double value, double base);
Point counter_point(const Count& now, double value, double base);
Point denominator_point(const Count& now, double value, double base);  // ratio: of the base
Point tail_point(const Count& now, double value, double base);
Point stalled_point(const Count& now, double value, double base);

// The time of which a narrow question told the last values: (from, to], shorter than one scrape interval.
struct Window {
    Time from;
    Time to;
    Duration scrape_interval;
};

struct FoldResult {
    struct Item {
        std::size_t row = 0;  // of the input
        SeriesUpdate update;
    };
    std::vector<Item> items;
    bool possibly_missed = false;  // a baseline was taken although events may lie before it
    bool aggregated = false;       // a series without instance and pod fell: a sum, whose members left
};

class Increments {
public:
    using Describe = std::function<std::shared_ptr<const Series>(const Metric&)>;

    static constexpr Duration follow = std::chrono::minutes(15);  // after an increment every sample is given

    // `describe` is called for series that incremented only. `follow_always`: every sample of every series is given.
    explicit Increments(Describe describe, Shape shape = counter_point, bool follow_always = false);

    // Does the row hold an increment, or may it?
    bool moved(const Rows& rows, const Row& row) const;

    // A series was seen with `value`, above 0, in its last sample of `window`. Is there anything to learn from its
    // samples? Then they are wanted from the time that is given on; else the fold has taken note of it.
    std::optional<Time> wants(const Row& row, double value, const Window& window,
                              const std::unordered_set<std::uint64_t>& restarted);

    // Was the series away before its first new sample, for two scrapes or more? Then since when: while only what is
    // above 0 was asked for it may have stood at 0.
    std::optional<Time> away_since(const Rows& rows, const Row& row, Duration scrape_interval) const;

    // `known_from`: since when this selector has been read without a gap. Of targets that `restarted` the facts are
    // needed although nothing moved: a counter may end where it was.
    void need(const Rows& rows, Time known_from, Duration scrape_interval,
              const std::unordered_set<std::uint64_t>& restarted, Needs& needs) const;

    // Rows without new samples change nothing.
    FoldResult fold(const Rows& rows, Time known_from, const World& world);

    void forget_before(Time oldest);
    std::size_t size() const { return last_.size(); }

private:
    struct Last {
        Time at;
        double value = 0;
        double base = 0;
    };
    struct Followed {
        std::shared_ptr<const Series> series;
        Time until;
    };
    Point step(const Row& row, const Last& before, const Count& now, const World& world, FoldResult& result) const;
    Point birth(const Row& row, const Count& first, Time known_from, const World& world, FoldResult& result) const;
    static std::uint64_t key_before(const Row& row, const Relabelling& change);
    void take_over(const Row& row, std::span<const Count> counts, const World& world);
    void fold_row(const Rows& rows, std::size_t index, Time known_from, const World& world, FoldResult& result);
    void give(const Row& row, std::size_t index, std::vector<Point> points, FoldResult& result);

    Describe describe_;
    Shape shape_;
    bool follow_always_;
    std::unordered_map<std::uint64_t, Last> last_;
    std::unordered_map<std::uint64_t, Followed> followed_;
};

}  // namespace meshwarden::collector

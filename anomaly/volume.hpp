// How much an edge carries, by hour of the day and kind of day, and how far that swings. Compact and exact: no sketch,
// nothing shared between edges. Plain data; the functions change only what they are given.
#pragma once

#include <array>
#include <cstdint>

#include "anomaly/row.hpp"

namespace meshwarden::anomaly {

// The stream's time: intervals in hours and days. Which days of the week are quiet is learned (see week.hpp).
struct Pace {
    double intervals_per_hour = 12;
    double fast = 0, fast_fade = 0;  // per interval, of the two-hour level: share that goes, factor that stays
    double slow = 0, slow_fade = 0;  // of the four-day level
    double run = 0, run_fade = 0;    // of the one-hour window

    static Pace of(double interval_seconds);
};

struct Moment {
    Interval at = 0;            // watched time: intervals that somebody saw
    std::int32_t hour = 0;      // since the beginning of time
    double through = 0;         // share of this hour gone, 0 to 1
    double exposure = 1;        // intervals that this one stands for: missed ones come with the next

    static void keep(auto& self, auto& archive) { archive(self.at, self.hour, self.through, self.exposure); }
};

constexpr int cells = 48;  // 24 hours of busy days, 24 of quiet days

// An hour of the day: events an interval (logarithm in 12 bits), and how many hours stand behind it (4 bits,
// saturating).
class Cell {
public:
    int known() const { return bits_ & 15; }
    double rate() const;
    void set(double rate, int known);
    static void keep(auto& self, auto& archive) { archive(self.bits_); }

private:
    std::uint16_t bits_ = 0;
};

struct Volume {
    std::int32_t hour = 0;     // the open hour
    float hour_sum = 0;        // events in it so far
    float hour_seen = 0;       // intervals of it so far
    float hour_rows = 0;       // of these with events
    float filled = 1;          // share of an hour's intervals with events, in hours with any
    std::uint16_t filled_hours = 0, learned = 0;  // hours with events, intervals learned from; saturating
    float before = 0, now = 0, after = 0;  // decoded cells around the open hour; before all else: the mean
    float mean = 0;            // events an interval over all hours
    float behind_mean = 0;     // intervals behind it, saturating
    float recent = 0;          // the same as the mean, of the last days, odd ones too
    float fast_is = 0, fast_weight = 0;    // level against the profile, last hours: weighted sum and weight
    float slow_is = 0, slow_weight = 0;    // the same, last days
    float run_is = 0, run_expected = 0;    // last hour: events, and what the slow level expected
    float spread = 0.15F;      // variance beyond Poisson over mean squared, of an interval
    float hour_spread = 0.05F; // the same, of an hour
    float hours = 0;           // folded hours, saturating
    std::array<Cell, cells> profile{};

    static void keep(auto& self, auto& archive) {
        archive(self.hour, self.hour_sum, self.hour_seen, self.hour_rows, self.filled, self.filled_hours, self.learned,
                self.before, self.now);
        archive(self.after, self.mean, self.behind_mean, self.recent, self.fast_is, self.fast_weight, self.slow_is,
                self.slow_weight);
        archive(self.run_is, self.run_expected, self.spread, self.hour_spread, self.hours, self.profile);
    }
};

struct Forecast {
    float fast = 0;    // events in this interval, by the level of the last hours
    float slow = 0;    // by the level of the last days
    float clumped = 1; // factor: a row's share where an hour's events come in few of its intervals
    float least = 0;   // of any hour: few days do not prove that nothing ever comes
    float weight = 0;  // effective events: what one interval can teach, at most 1 / spread
    float unsure = 0;  // relative variance of the expectation itself
};

// What the quiet days of the week are: 7 bits.
using QuietDays = std::uint8_t;
bool knows_hour(const Volume& volume, QuietDays quiet);  // of the open hour: some days of it were seen
int cell_of(std::int32_t hour, QuietDays quiet);

void begin(Volume& volume, const Moment& now, QuietDays quiet, double count);
// Lets the intervals since `last` pass in silence; gives what this interval should bring.
Forecast roll(Volume& volume, Interval last, const Moment& now, const Pace& pace, QuietDays quiet);
// Takes in this interval's count. `load`: factor by which the load on the source explains more than expected. An odd
// interval teaches less: of the level by `trust`, of the spread by `spread_trust`.
struct Trust {
    double level = 1, spread = 1;
};
void learn(Volume& volume, const Forecast& expected, double count, double load, Trust trust, const Moment& now,
           const Pace& pace);
// Events expected from one interval to another if nothing had changed.
double expected_between(const Volume& volume, Interval from, Interval to, const Pace& pace, QuietDays quiet);

}  // namespace meshwarden::anomaly

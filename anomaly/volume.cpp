#include "anomaly/volume.hpp"

#include <algorithm>
#include <cmath>

namespace meshwarden::anomaly {
namespace {

constexpr int days_to_know = 3;      // of one hour
constexpr double code_steps = 128;   // per doubling
constexpr double code_unit = 16;     // rates are told apart down to 1/16 event an interval
constexpr int codes = 4096;

std::array<float, codes> decoded() {
    std::array<float, codes> rates{};
    for (int code = 0; code < codes; ++code)
        rates[std::size_t(code)] = float((std::exp2(code / code_steps) - 1) / code_unit);
    return rates;
}
const std::array<float, codes> rates = decoded();

}  // namespace

double Cell::rate() const { return rates[bits_ >> 4]; }

void Cell::set(double rate, int known) {
    const auto code = std::clamp(std::lround(code_steps * std::log2(1 + rate * code_unit)), 0L, long(codes - 1));
    bits_ = std::uint16_t(code << 4 | std::min(known, 15));
}

int cell_of(std::int32_t hour, QuietDays quiet) {
    const int day = int(((hour / 24) % 7 + 7) % 7);
    return (hour % 24 + 24) % 24 + ((quiet >> day) & 1 ? 24 : 0);
}

bool knows_hour(const Volume& volume, QuietDays quiet) {
    return volume.profile[std::size_t(cell_of(volume.hour, quiet))].known() >= days_to_know &&
           volume.filled_hours >= 2 * days_to_know;
}

namespace {

constexpr double cell_pull = 0.2;        // hours of the overall mean that stand behind a cell of few days
constexpr double most_of_silence = 3;      // events an interval: silence where more are due says nothing of the level
constexpr double newest_share = 0.2;     // of one day in a cell that knows many
constexpr double level_pull = 8;         // effective events that hold a level at 1
constexpr double most_growth = 3;        // of the expected, in what one interval or hour may teach
constexpr float mean_memory_hours = 72;
constexpr float recent_memory_hours = 48;
constexpr float most_recent = 20;        // of the mean, in what one interval adds to it

double cell_rate(const Volume& volume, int at) {
    auto cell = volume.profile[std::size_t(at)];
    if (!cell.known()) cell = volume.profile[std::size_t((at + 24) % cells)];
    const double known = cell.known();
    if (known >= days_to_know) return cell.rate();
    return (known * cell.rate() + cell_pull * volume.mean) / (known + cell_pull);
}

void open_hour(Volume& volume, std::int32_t hour, QuietDays quiet) {
    volume.hour = hour;
    volume.hour_sum = volume.hour_seen = volume.hour_rows = 0;
    volume.before = float(cell_rate(volume, cell_of(hour - 1, quiet)));
    volume.now = float(cell_rate(volume, cell_of(hour, quiet)));
    volume.after = float(cell_rate(volume, cell_of(hour + 1, quiet)));
}

double level(double is, double weight) { return (level_pull + is) / (level_pull + weight); }

void fold_hour(Volume& volume, QuietDays quiet) {
    if (volume.hour_seen <= 0) return;
    auto& cell = volume.profile[std::size_t(cell_of(volume.hour, quiet))];
    double rate = volume.hour_sum / volume.hour_seen;
    const double expected = volume.now * level(volume.slow_is, volume.slow_weight) * volume.hour_seen;
    if (volume.hours >= 3) {
        const double ratio = std::log((volume.hour_sum + 1) / (expected + 1));
        const double beyond = std::min(ratio * ratio, 1.0) - 1 / (expected + 1);
        volume.hour_spread += float((std::max(beyond, 0.0) - volume.hour_spread) / std::min(volume.hours + 8, 100.F));
    }
    if (volume.hour_rows > 0) {
        volume.filled_hours = std::uint16_t(std::min(volume.filled_hours + 1, 60000));
        volume.filled +=
            (volume.hour_rows / volume.hour_seen - volume.filled) / std::min<float>(volume.filled_hours, 12);
    }
    const int known = cell.known();
    const double old = cell.rate();
    if (known >= days_to_know) rate = std::min(rate, most_growth * old + 0.1 * volume.mean + 1 / volume.hour_seen);
    cell.set(old + (rate - old) * std::max(1.0 / (known + 1), newest_share), known + 1);
    volume.hours = std::min(volume.hours + 1, 1e6F);
}

double clumped(const Volume& volume, double events) {
    if (volume.filled >= 1) return 1;
    return std::max(1.0, -std::expm1(-events) / std::max(double(volume.filled), 0.01));
}

double teaching(const Volume& volume, QuietDays quiet) {
    return knows_hour(volume, quiet) && volume.now <= most_of_silence && clumped(volume, volume.now) < 1.5
               ? double(volume.now)
               : 0;
}

// Hours that passed without a row: the open one ends, the others were silent. Gives the events they should have
// brought, as far as a silence says something of the level: where many are due it says that the edge is off.
double pass_hours(Volume& volume, const Moment& now, double unseen, const Pace& pace, QuietDays quiet) {
    const double rest = std::min(unseen, std::max(0.0, pace.intervals_per_hour - volume.hour_seen));
    double owed = rest * teaching(volume, quiet);
    volume.hour_seen += float(rest);
    fold_hour(volume, quiet);
    unseen -= rest;
    for (auto silent = std::max(volume.hour + 1, now.hour - 24 * 7); silent < now.hour && unseen >= 1; ++silent) {
        open_hour(volume, silent, quiet);
        volume.hour_seen = float(std::min(unseen, pace.intervals_per_hour));
        unseen -= volume.hour_seen;
        owed += teaching(volume, quiet) * volume.hour_seen;
        fold_hour(volume, quiet);
    }
    open_hour(volume, now.hour, quiet);
    volume.hour_seen = float(std::min(unseen, now.through * pace.intervals_per_hour));
    return owed + volume.hour_seen * teaching(volume, quiet);
}

// Nothing came in `silent` intervals, where `owed` events were due.
void pass_silence(Volume& volume, double silent, double owed, const Pace& pace) {
    const double weight = std::min(owed, silent / double(volume.spread));
    const auto fade = [&](float& is, float& of, double rate, double most) {
        const double left = std::exp(-rate * silent);
        is *= float(left);
        of = float(of * left + std::min(weight, most));
    };
    fade(volume.fast_is, volume.fast_weight, pace.fast, 20);
    fade(volume.slow_is, volume.slow_weight, pace.slow, 200);
    fade(volume.run_is, volume.run_expected, pace.run, 0);
    volume.run_expected += float(owed / std::max(silent, 1.0) * std::min(silent, pace.intervals_per_hour));
    const double memory = mean_memory_hours * pace.intervals_per_hour;
    volume.mean *= float(std::max(0.0, 1 - silent / std::min(volume.behind_mean + silent, memory)));
    volume.recent *= float(std::max(
        0.0, 1 - silent / std::min(volume.behind_mean + silent, recent_memory_hours * pace.intervals_per_hour)));
    volume.behind_mean = float(std::min(volume.behind_mean + silent, memory));
}

double profile_at(const Volume& volume, double through) {
    const double side = through < 0.5 ? volume.before : volume.after;
    if (volume.filled < 0.5) return volume.now;  // the few intervals with events may lie anywhere in the hour
    const double share = std::abs(through - 0.5);
    return volume.now + (side - volume.now) * share;
}

}  // namespace

Pace Pace::of(double interval_seconds) {
    const double hours = interval_seconds / 3600;
    return {1 / hours, hours / 2, std::exp(-hours / 2), hours / 96, std::exp(-hours / 96), hours, std::exp(-hours)};
}

void begin(Volume& volume, const Moment& now, QuietDays quiet, double count) {
    volume.mean = volume.recent = float(count / now.exposure);
    volume.behind_mean = 1;
    open_hour(volume, now.hour, quiet);
    volume.hour_sum = float(count);
    volume.hour_seen = volume.hour_rows = float(now.exposure);
}

Forecast roll(Volume& volume, Interval last, const Moment& now, const Pace& pace, QuietDays quiet) {
    const double silent = std::max(0.0, double(now.at - last) - now.exposure);
    double owed = silent * teaching(volume, quiet);
    if (now.hour != volume.hour) owed = pass_hours(volume, now, silent, pace, quiet);
    else volume.hour_seen += float(silent);
    if (silent > 0) pass_silence(volume, silent, owed, pace);
    const double profile = (volume.hours > 0 ? profile_at(volume, now.through) : double(volume.mean)) * now.exposure;
    Forecast expected;
    expected.fast = float(profile * level(volume.fast_is, volume.fast_weight));
    expected.slow = float(profile * level(volume.slow_is, volume.slow_weight));
    expected.clumped = float(clumped(volume, profile));
    expected.least = float(0.02 * volume.mean * now.exposure);
    expected.weight = float(std::min(profile, 1 / double(volume.spread)));
    expected.unsure = float(1 / (level_pull + volume.fast_weight) + 4 / (1 + double(volume.learned)));
    return expected;
}

void learn(Volume& volume, const Forecast& expected, double count, double load, Trust trust, const Moment& now,
           const Pace& pace) {
    const double profile = std::max(1e-3, expected.slow * expected.clumped / level(volume.slow_is, volume.slow_weight));
    const double taken = std::min(count, most_growth * expected.fast * expected.clumped * load + 3);
    const double memory = mean_memory_hours * pace.intervals_per_hour;
    volume.behind_mean = float(std::min(volume.behind_mean + now.exposure, memory));
    volume.mean += float((taken / now.exposure - volume.mean) * trust.level * now.exposure / volume.behind_mean);
    const double recent_memory = std::min<double>(volume.behind_mean, recent_memory_hours * pace.intervals_per_hour);
    const double spike = most_recent * (volume.mean + 1);
    volume.recent +=
        float((std::min(count / now.exposure, spike) - volume.recent) * std::min(1.0, now.exposure / recent_memory));
    const double ratio = std::min(count / profile, most_growth * load);
    const double weight = expected.weight * trust.level;
    volume.fast_is = float(volume.fast_is * pace.fast_fade + weight * ratio);
    volume.fast_weight = float(volume.fast_weight * pace.fast_fade + weight);
    volume.slow_is = float(volume.slow_is * pace.slow_fade + weight * ratio);
    volume.slow_weight = float(volume.slow_weight * pace.slow_fade + weight);
    volume.run_is = float(volume.run_is * pace.run_fade + count);
    volume.run_expected = float(volume.run_expected * pace.run_fade + expected.slow * load);
    const double mean = std::max(0.05, expected.fast * expected.clumped * load);
    const double apart = std::min(std::abs(count - mean), most_growth * mean);
    const double beyond = (apart * apart - mean) / (mean * mean);
    const double pull = trust.spread * mean / (1 + mean) / std::min(100.0, 6 + double(volume.learned));
    volume.spread =
        float(std::clamp(volume.spread + (std::clamp(beyond, -1.0, 8.0) - volume.spread) * pull, 0.01, 4.0));
    volume.learned = std::uint16_t(std::min(volume.learned + 1, 60000));
    volume.hour_sum +=
        float(trust.level < 1 ? std::min(count, most_growth * (expected.slow + expected.least) * load) : count);
    volume.hour_seen += float(now.exposure);
    volume.hour_rows += float(now.exposure);
}

double expected_between(const Volume& volume, Interval from, Interval to, const Pace& pace, QuietDays quiet) {
    const double slow = level(volume.slow_is, volume.slow_weight);
    if (volume.hours <= 0) return volume.mean * double(to - from) * slow;
    double sum = 0;
    const auto per_hour = pace.intervals_per_hour;
    const auto most = from + Interval(per_hour * 24 * 7);
    for (auto at = from; at < std::min(to, most);) {
        const auto hour = std::int32_t(std::floor(double(at) / per_hour));
        const auto next = std::max(at + 1, Interval(std::ceil((hour + 1) * per_hour)));
        const auto end = std::min(to, next);
        const auto cell = cell_of(hour, quiet);
        sum += cell_rate(volume, cell) * double(end - at);
        at = end;
    }
    return sum * slow;
}

}  // namespace meshwarden::anomaly

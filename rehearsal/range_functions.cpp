#include "rehearsal/range_functions.hpp"

#include <algorithm>
#include <array>

namespace meshwarden::rehearsal {
namespace {

using Samples = std::vector<TimedValue>;
using Value = std::optional<double>;

double seconds(Duration duration) { return double(duration.count()) / 1000; }

Value changes(const Samples& samples, Time, Time) {
    double count = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) count += samples[i].value != samples[i - 1].value;
    return count;
}
Value resets(const Samples& samples, Time, Time) {
    double count = 0;
    for (std::size_t i = 1; i < samples.size(); ++i) count += samples[i].value < samples[i - 1].value;
    return count;
}
Value highest(const Samples& samples, Time, Time) {
    return std::ranges::max_element(samples, {}, &TimedValue::value)->value;
}
Value lowest(const Samples& samples, Time, Time) {
    return std::ranges::min_element(samples, {}, &TimedValue::value)->value;
}
Value last(const Samples& samples, Time, Time) { return samples.back().value; }
Value number_of(const Samples& samples, Time, Time) { return double(samples.size()); }
Value present(const Samples&, Time, Time) { return 1; }
Value total(const Samples& samples, Time, Time) {
    double sum = 0;
    for (const auto& sample : samples) sum += sample.value;
    return sum;
}

// As Prometheus extrapolates: to the ends of the range where they are near, not below zero.
Value increase(const Samples& samples, Time from, Time to) {
    if (samples.size() < 2) return std::nullopt;
    double risen = samples.back().value - samples.front().value;
    for (std::size_t i = 1; i < samples.size(); ++i)
        if (samples[i].value < samples[i - 1].value) risen += samples[i - 1].value;
    const double sampled = seconds(samples.back().at - samples.front().at);
    const double average = sampled / double(samples.size() - 1);
    double before = seconds(samples.front().at - from);
    const double after = seconds(to - samples.back().at);
    if (risen > 0 && samples.front().value >= 0) before = std::min(before, sampled * samples.front().value / risen);
    const auto reach = [&](double gap) { return gap < average * 1.1 ? gap : average / 2; };
    return risen * (sampled + reach(before) + reach(after)) / sampled;
}
Value rate(const Samples& samples, Time from, Time to) {
    const auto risen = increase(samples, from, to);
    return risen ? Value(*risen / seconds(to - from)) : std::nullopt;
}

constexpr std::array functions{
    RangeFunction{"changes", changes},         RangeFunction{"resets", resets},
    RangeFunction{"max_over_time", highest},   RangeFunction{"min_over_time", lowest},
    RangeFunction{"last_over_time", last, true}, RangeFunction{"count_over_time", number_of},
    RangeFunction{"present_over_time", present}, RangeFunction{"sum_over_time", total},
    RangeFunction{"increase", increase},       RangeFunction{"rate", rate},
};

}  // namespace

const RangeFunction* range_function(std::string_view name) {
    const auto found = std::ranges::find(functions, name, &RangeFunction::name);
    return found == functions.end() ? nullptr : &*found;
}

}  // namespace meshwarden::rehearsal

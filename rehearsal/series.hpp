// Series as rule tests write them: labels as in PromQL, values in promtool's notation. Pure; input is hostile.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/labels.hpp"

namespace meshwarden::rehearsal {

// What one scrape brought.
struct Step {
    enum class Kind { value, missing, stale };  // stale: the target no longer showed the series
    Kind kind = Kind::value;
    double value = 0;
    friend bool operator==(const Step&, const Step&) = default;
};

struct ScriptedSeries {
    Labels labels;            // __name__ included
    std::vector<Step> steps;  // the first at time 0, then one each interval
};

inline constexpr std::size_t most_steps = 20'000;  // of one series

// name{label="value"} or {__name__="name"}. Of a series without instance the target is its pod's, else "test"; an
// explicit instance="" stays without.
Result<Labels> parse_series(std::string_view text);

// a+bxn, a-bxn, axn (n more times), _ and _xn, stale, NaN, Inf; separated by blanks.
Result<std::vector<Step>> parse_values(std::string_view text);

}  // namespace meshwarden::rehearsal

// Functions over the samples of a range. For evaluate.cpp only. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "rehearsal/evaluate.hpp"

namespace meshwarden::rehearsal {

struct RangeFunction {
    std::string_view name;
    // Of the samples, at least one, of the range from..to; none: no result.
    std::optional<double> (*value)(const std::vector<TimedValue>& samples, Time from, Time to);
    bool keeps_name = false;
};

const RangeFunction* range_function(std::string_view name);  // null where there is none

}  // namespace meshwarden::rehearsal

// Templates of summaries: {{ value }}, {{ threshold }}, {{ window }} and {{ LABEL }}. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/labels.hpp"
#include "model/time.hpp"

namespace meshwarden {

struct Reached {
    double value = 0;
    double threshold = 0;
    Duration window{0};
};

// Unknown names and absent labels become "unknown". Values of labels are cut at 200 bytes.
std::string render_summary(std::string_view text, const Reached& reached, const Labels& labels);

std::string pretty_number(double number);  // 40, 0.25, 1.5e+07

}  // namespace meshwarden

// Pieces of PromQL made from selectors of signals. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/time.hpp"

namespace meshwarden::collector {

std::string quoted(std::string_view text);  // a PromQL string literal

// name="v" for one value, name=~"v1|v2" with escaped values for more.
std::string matcher_of(std::string_view name, const std::vector<std::string>& values);

// The selector with one more matcher: a{b="c"} and d="e" give a{b="c",d="e"}.
std::string with_matcher(std::string_view selector, std::string_view matcher);

// The selector of another family of the same histogram: a{b="c"} and _count give a_count{b="c"}.
std::string with_suffix(std::string_view selector, std::string_view suffix);

// selector[15s]
std::string with_range(std::string_view selector, Duration range);

// "30" and "30.0" are the same bucket: le=~"30(\\.0)?"
std::string bucket_matcher(std::string_view bucket);

}  // namespace meshwarden::collector

// The part of PromQL that a made-up Prometheus answers, as a tree. For this folder only. Values; pure.
//
// Known: selectors with range and offset, arithmetic, comparisons (bool too), and/or/unless with on and ignoring, the
// aggregations sum, count, min, max, avg, group with by and without, time, timestamp and the functions of
// range_functions.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/matcher.hpp"
#include "model/time.hpp"

namespace meshwarden::rehearsal {

struct Expression {
    enum class Kind { number, selector, call, aggregate, binary };

    Kind kind = Kind::number;
    double number = 0;
    Matchers matchers{};               // selector, its name among them
    std::optional<Duration> range{};   // selector[range]
    Duration offset{0};
    std::string name{};                // of the function, the aggregation, the operator
    std::vector<Expression> operands{};
    std::vector<std::string> labels{};  // of by, without, on, ignoring
    bool excluded = false;             // without, ignoring (also where neither is given)
    bool as_number = false;            // bool: 1 or 0 instead of a filter
};

Result<Expression> parse_expression(std::string_view text);

// Is the text one of the operators of vectors to vectors and/or/unless?
bool is_set_operator(std::string_view name);
bool is_comparison(std::string_view name);

}  // namespace meshwarden::rehearsal

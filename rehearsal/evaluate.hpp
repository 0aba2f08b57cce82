// Evaluates an expression over samples as Prometheus does: a lookback of five minutes, staleness, ranges closed on both
// ends. For this folder only. Pure.
#pragma once

#include <vector>

#include "rehearsal/expression.hpp"

namespace meshwarden::rehearsal {

struct TimedValue {
    Time at;
    double value = 0;
    bool stale = false;
};

struct Stored {
    Labels labels;
    std::vector<TimedValue> samples;  // rising times
};

struct Outcome {
    enum class Kind { scalar, vector, matrix };
    Kind kind = Kind::vector;
    double scalar = 0;
    std::vector<Stored> series{};  // vector: one sample each, at the time of the evaluation
};

// Fails on what it does not know, and on a vector where a scalar is expected and the like.
Result<Outcome> evaluate(const Expression& expression, const std::vector<Stored>& series, Time at);

}  // namespace meshwarden::rehearsal

// Operators and aggregations over vectors. For evaluate.cpp only; a failure is thrown as Error. Pure.
#pragma once

#include "rehearsal/evaluate.hpp"

namespace meshwarden::rehearsal {

Outcome aggregated(const Expression& aggregation, const Outcome& vector, Time at);
Outcome combined(const Expression& operation, Outcome left, Outcome right, Time at);

}  // namespace meshwarden::rehearsal

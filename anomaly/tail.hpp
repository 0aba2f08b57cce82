// How surprising a count is: -ln of the chance of at least this much, in nats. Saddlepoint (signed deviance) form, so
// that the far tails are right too (Lugannani and Rice, 1980; McCullagh and Nelder, Generalized Linear Models).
#pragma once

#include <algorithm>
#include <cmath>

namespace meshwarden::anomaly {

// Half the deviance plus the first term of the normal tail.
inline double nats_of_deviance(double half) { return half <= 0 ? 0 : half + 0.5 * std::log1p(2 * half); }

// Negative binomial with mean `mean` and variance mean + spread * mean^2. 0 unless x > mean > 0.
inline double excess_nats(double x, double mean, double spread) {
    mean = std::max(mean, 1e-6);
    if (x <= mean) return 0;
    const double shape = 1 / std::max(spread, 1e-6);
    return nats_of_deviance(x * std::log(x / mean) - (x + shape) * std::log((x + shape) / (mean + shape)));
}

// -ln of the chance of nothing at all where `mean` was expected.
inline double silence_nats(double mean, double spread) {
    const double shape = 1 / std::max(spread, 1e-6);
    return shape * std::log1p(mean / shape);
}

}  // namespace meshwarden::anomaly

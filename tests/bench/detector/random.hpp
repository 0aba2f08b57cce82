// Random numbers that are the same with every standard library.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace meshwarden::bench {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) { state_ = next(); }

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15ULL;
        auto x = state_;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
        return x ^ (x >> 31);
    }
    double uniform(double from = 0, double to = 1) { return from + (to - from) * double(next() >> 11) * 0x1p-53; }
    std::int64_t below(std::int64_t end) { return std::int64_t(uniform(0, double(end))); }
    double normal(double mean, double sd) {
        return mean + sd * std::sqrt(-2 * std::log(1 - uniform())) * std::cos(2 * std::numbers::pi * uniform());
    }

    // Marsaglia and Tsang 2000.
    double gamma(double shape) {
        if (shape < 1) return gamma(shape + 1) * std::pow(uniform(1e-12, 1), 1 / shape);
        const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
        for (;;) {
            const double x = normal(0, 1), v = std::pow(1 + c * x, 3);
            if (v > 0 && std::log(uniform(1e-300, 1)) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
        }
    }
    double poisson(double mean) {
        if (mean > 60) return std::max(0.0, std::round(normal(mean, std::sqrt(mean))));
        double product = uniform();
        int n = 0;
        for (const double end = std::exp(-mean); product > end; ++n) product *= uniform();
        return n;
    }
    // Mean `mean`, variance mean + mean^2 / shape.
    double events(double mean, double shape) { return mean <= 0 ? 0 : poisson(mean * gamma(shape) / shape); }
    std::size_t weighted(const std::vector<double>& weights) {
        double sum = 0;
        for (const auto weight : weights) sum += weight;
        double at = uniform(0, sum);
        for (std::size_t i = 0; i < weights.size(); ++i)
            if ((at -= weights[i]) < 0) return i;
        return weights.size() - 1;
    }

private:
    std::uint64_t state_;
};

}  // namespace meshwarden::bench

#include "anomaly/calibration.hpp"

#include <algorithm>
#include <cmath>

namespace meshwarden::anomaly {
namespace {

constexpr double bins_per_doubling = 48;
constexpr double tail_from = 20;        // records beyond the point where the tail takes over
constexpr double memory_days = 28;
constexpr double prior_days = 0.25;     // days that the theory stands for: tests * exp(-nats)
constexpr double fewest_tests = 1;      // a day

}  // namespace

int Calibration::bin_of(double nats) {
    return std::clamp(int(bins_per_doubling * std::log2(1 + std::max(nats, 0.0))), 0, bins - 1);
}

double Calibration::nats_of(double bin) { return std::exp2(bin / bins_per_doubling) - 1; }

void Calibration::pass(double days, double tests, double elapsed_days) {
    days_ += days;
    tests_ += tests;
    const double memory = std::min(memory_days, elapsed_days / 2);
    if (days_ <= memory) return;
    const double fade = memory / days_;
    for (auto& bin : seen_) bin *= float(fade);
    days_ *= fade;
    tests_ *= fade;
}

void Calibration::record(double nats) { seen_[std::size_t(bin_of(nats))] += 1; }

void Calibration::forget(double nats) {
    auto& bin = seen_[std::size_t(bin_of(nats))];
    bin = std::max(0.F, bin - 1);
}

void Calibration::refresh() {
    above_[bins] = 0;
    for (int bin = bins - 1; bin >= 0; --bin)
        above_[std::size_t(bin)] = above_[std::size_t(bin) + 1] + seen_[std::size_t(bin)];
    const double enough = std::min(tail_from, double(above_[0]));
    int first = bins - 1;
    while (first > 0 && above_[std::size_t(first)] < enough) --first;
    edge_ = std::max(nats_of(first), 0.1);
    edge_seen_ = above_[std::size_t(first)];
    double sum = 0;
    for (int bin = first; bin < bins; ++bin)
        sum += seen_[std::size_t(bin)] * std::log(std::max(nats_of(bin + 0.5), edge_) / edge_);
    power_ = edge_seen_ < 4 ? 4.0 : std::clamp((edge_seen_ - 1) / std::max(sum, 1e-3), 1.0, 12.0);
}

double Calibration::seen_above(double nats) const {
    if (nats >= edge_) return edge_seen_ * std::pow(nats / edge_, -power_);
    const double place = bins_per_doubling * std::log2(1 + std::max(nats, 0.0));
    const auto bin = std::size_t(std::clamp(int(place), 0, bins - 1));
    const double share = std::clamp(place - double(bin), 0.0, 1.0);
    return above_[bin] + (above_[bin + 1] - above_[bin]) * share;
}

double Calibration::alerts_per_day(double nats) const {
    const double tests = std::max(days_ > 0 ? tests_ / std::max(days_, prior_days) : 0.0, fewest_tests);
    return (seen_above(nats) + prior_days * tests * std::exp(-nats)) / (days_ + prior_days);
}

double Calibration::exceeded(double times) const {
    int bin = bins - 1;
    while (bin > 0 && above_[std::size_t(bin)] < times) --bin;
    return nats_of(bin);
}

}  // namespace meshwarden::anomaly

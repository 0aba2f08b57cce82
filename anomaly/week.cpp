#include "anomaly/week.hpp"

#include <algorithm>
#include <vector>

namespace meshwarden::anomaly {
namespace {

constexpr double quiet_share = 0.85;  // of the median day
constexpr double newest_share = 0.4;

}  // namespace

void Week::close(std::int32_t day, bool whole) {
    auto& usual = usual_[std::size_t((day % 7 + 7) % 7)];
    if (whole && today_ > 0) usual = usual > 0 ? usual + newest_share * (today_ - usual) : today_;
    today_ = 0;
    std::vector<double> known;
    for (const auto value : usual_) if (value > 0) known.push_back(value);
    if (known.size() < 5) return;
    std::ranges::nth_element(known, known.begin() + std::ptrdiff_t(known.size() / 2));
    const double median = known[known.size() / 2];
    quiet_ = 0;
    for (std::size_t i = 0; i < usual_.size(); ++i)
        if (usual_[i] > 0 && usual_[i] < quiet_share * median) quiet_ = QuietDays(quiet_ | 1U << i);
}

}  // namespace meshwarden::anomaly

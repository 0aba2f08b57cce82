#include "notify/pace.hpp"

#include <algorithm>
#include <cmath>

namespace meshwarden::notify {

double messages_per_second(const Target& target) {
    if (target.messages_per_second > 0) return target.messages_per_second;
    switch (target.kind) {
        case TargetKind::slack: return 1;
        case TargetKind::pagerduty: return 2;
        default: return 50;
    }
}

TokenBucket::TokenBucket(double per_second, double burst, Time now)
    : per_second_(std::max(per_second, 0.001)), burst_(burst), tokens_(burst), filled_at_(now) {}

void TokenBucket::fill(Time now) {
    const double elapsed = std::chrono::duration<double>(now - filled_at_).count();
    // A clock that is set back takes nothing away.
    if (elapsed > 0) tokens_ = std::min(burst_, tokens_ + elapsed * per_second_);
    filled_at_ = now;
}

Time TokenBucket::ready_at(Time now) {
    fill(now);
    if (tokens_ >= 1) return now;
    return now + Duration(static_cast<std::int64_t>(std::ceil((1 - tokens_) / per_second_ * 1000)));
}

void TokenBucket::take() { tokens_ = std::max(0.0, tokens_ - 1); }

Backoff::Backoff(Duration first, Duration longest)
    : first_(std::max(first, Duration(1))), longest_(std::max(longest, first_)), random_(std::random_device{}()) {}

Duration Backoff::failed(std::int64_t id) {
    constexpr int enough_doublings = 30;
    const int before = std::min(failures_[id]++, enough_doublings);
    const auto wait = std::min(first_ * (std::int64_t{1} << before), longest_);
    return Duration(std::uniform_int_distribution<std::int64_t>(wait.count() * 3 / 4, wait.count())(random_));
}

}  // namespace meshwarden::notify

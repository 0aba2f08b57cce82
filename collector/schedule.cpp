#include "collector/schedule.hpp"

#include <algorithm>

namespace meshwarden::collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int polls_per_scrape = 5;
constexpr int cost_share = 10;  // queries may take a tenth of the time
constexpr Duration floor = milliseconds(200);
constexpr Duration eager = minutes(2);  // after the start families and targets are still coming

}  // namespace

Duration Schedule::interval() const {
    if (poll_interval_) return *poll_interval_;
    const Duration cost(std::int64_t(took_ms_ * cost_share));
    return std::max({floor, scrape_interval_ / polls_per_scrape, cost});
}

void Schedule::polled(Duration queries_took) {
    constexpr double weight = 0.3;
    const double took = double(queries_took.count());
    took_ms_ = polled_ ? took_ms_ + weight * (took - took_ms_) : took;
    polled_ = true;
}

// The times that it notes must follow each other within a minute: a longer hole says that nothing was scraped.
Duration Schedule::census_interval() const {
    constexpr Duration brisk = seconds(15);
    return scrape_interval_ <= brisk ? 2 * scrape_interval_ : scrape_interval_;
}

void Schedule::targets_read(Time now, const ScrapeFacts* facts, Duration took) {
    targets_next_ = now + std::max<Duration>(minutes(1), 10 * cost_share * took);
    if (facts == nullptr) return;
    if (facts->interval > Duration{0}) scrape_interval_ = facts->interval;
    receives_ = facts->interval == Duration{0};
    margin_ = std::clamp<Duration>(facts->longest + seconds(1), seconds(2), seconds(15));
    // While nothing was scraped yet nothing is known.
    if (facts->interval == Duration{0}) targets_next_ = now + seconds(5);
}

Duration Schedule::margin() const {
    constexpr Duration apart = seconds(5);  // senders have queues of their own
    return receives_ ? std::max(margin_, apart) : margin_;
}

void Schedule::liveness_read(Time now, Duration took) {
    if (!eager_until_) eager_until_ = now + eager;
    const Duration wait = now < *eager_until_ ? Duration(seconds(2)) : Duration(minutes(1));
    liveness_next_ = now + std::max<Duration>(wait, 2 * cost_share * took);
    liveness_soonest_ = now + cost_share * took;
}

void Schedule::liveness_changed(Time now) {
    // In a large mesh something changes all the time.
    liveness_next_ = std::min(liveness_next_, std::max<Time>(now + seconds(3), liveness_soonest_));
}

}  // namespace meshwarden::collector

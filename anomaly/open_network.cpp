#include "anomaly/open_network.hpp"

#include <algorithm>
#include <cmath>

namespace meshwarden::anomaly {
namespace {

constexpr double fade_seconds = 20;
constexpr int rareness = 4;  // weight of a source's absence

}  // namespace

OpenNetwork::OpenNetwork(double interval_seconds)
    : minutes_an_interval_(std::min(1.0, interval_seconds / 60)), fade_(std::exp(-interval_seconds / fade_seconds)) {}

void OpenNetwork::begin(Interval at, std::size_t hosts) {
    if (first_ < 0) first_ = at;
    at_ = std::int32_t(at - first_) + 1;
    weight_ = (1 - std::pow(fade_, at_)) / (1 - fade_);
    if (hosts_.size() < hosts) hosts_.resize(hosts);
    known_ += sources_;
}

void OpenNetwork::take(Count& count, double events) const {
    if (count.at == at_ - 1) count.now *= float(fade_);
    else if (count.at != at_) count.now = count.at < 0 ? 0 : count.now * float(std::pow(fade_, at_ - count.at));
    count.at = at_;
    count.now += float(events);
    count.total += events;
}

std::int32_t OpenNetwork::minute() const { return std::int32_t(at_ * minutes_an_interval_); }

void OpenNetwork::add(const Row& row, std::uint32_t slot, bool fresh) {
    if (edges_.size() <= slot) edges_.resize(std::size_t(slot) + 1);
    if (fresh) edges_[slot] = {};
    auto& source = hosts_[row.source];
    if (source.out.at < 0) {
        ++sources_;
        known_ += 1;
    }
    if (source.out.at != at_) active_ += 1;
    take(edges_[slot], row.count);
    take(source.out, row.count);
    take(hosts_[row.destination].in, row.count);
}

double OpenNetwork::expected(const Count& count) const { return count.total / at_ * weight_; }

double OpenNetwork::chi_squared(const Count& count) const {
    const double mean = expected(count);
    return at_ < 2 || count.now <= mean ? 0 : (count.now - mean) * (count.now - mean) / mean;
}

OpenNetwork::Oddness OpenNetwork::judge(const Row& row, std::uint32_t slot) const {
    const auto& source = hosts_[row.source];
    Oddness oddness;
    double oddest = -1, product = 1;  // one logarithm for all
    for (const auto* count : {&edges_[slot], &source.out, &hosts_[row.destination].in}) {
        const double by = chi_squared(*count);
        product *= 1 + by;
        if (by <= oddest) continue;
        oddest = by;
        oddness.observed = count->now;
        oddness.expected = expected(*count);
    }
    oddness.seen = source.minutes;
    oddness.watched = at_ * minutes_an_interval_;
    const double rare = std::max(1.0, (oddness.watched + 1) / (oddness.seen + 1));
    static_assert(rareness == 4);
    oddness.sum = std::log(product * (rare * rare) * (rare * rare));
    return oddness;
}

void OpenNetwork::end(const Row& row) {
    auto& source = hosts_[row.source];
    if (source.minute == minute()) return;
    source.minute = minute();
    ++source.minutes;
}

void OpenNetwork::save(ArchiveWriter& archive) const {
    archive.sized(edges_);
    archive.sized(hosts_);
    archive(first_, at_, active_, known_, sources_);
}

void OpenNetwork::load(ArchiveReader& archive) {
    archive.sized(edges_);
    archive.sized(hosts_);
    archive(first_, at_, active_, known_, sources_);
}

void OpenNetwork::forget() {
    edges_ = {};
    hosts_ = {};
}

}  // namespace meshwarden::anomaly

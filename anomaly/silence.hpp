// When to look whether an edge has fallen silent: every known edge waits here once, so that an interval costs only what
// is due in it. A wheel of lists that run through one array. Owned by one Baseline.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "anomaly/archive.hpp"
#include "anomaly/row.hpp"

namespace meshwarden::anomaly {

class Silence {
public:
    static constexpr std::uint32_t none = ~0U;

    // The edge in `slot`, which does not wait now, is looked at again after `wait` intervals, at most the wheel's
    // length.
    void wait(std::uint32_t slot, Interval now, Interval wait) {
        if (next_.size() <= slot) next_.resize(std::size_t(slot) + 1, none);
        auto& first = first_[std::size_t(now + std::clamp<Interval>(wait, 1, length - 1)) % length];
        next_[slot] = first;
        first = slot;
    }
    // Those due from `from` to `to`, both included: they wait no more.
    std::vector<std::uint32_t> due(Interval from, Interval to) {
        std::vector<std::uint32_t> slots;
        for (auto at = std::max(from, to - length + 1); at <= to; ++at) {
            auto& first = first_[std::size_t(at) % length];
            for (; first != none; first = next_[first]) slots.push_back(first);
        }
        return slots;
    }
    void save(ArchiveWriter& archive) const {
        archive.sparse(first_, none);
        archive.sized(next_);
    }
    // No slot may wait twice, nor beyond those that are known.
    void load(ArchiveReader& archive, std::size_t slots) {
        archive.sparse(first_, none);
        archive.sized(next_);
        archive.require(next_.size() <= slots);
        std::vector<bool> waits(archive.good() ? next_.size() : 0);
        for (std::size_t at = 0; archive.good() && at < first_.size(); ++at)
            for (auto slot = first_[at]; slot != none; slot = next_[slot]) {
                archive.require(slot < waits.size() && !waits[slot]);
                if (!archive.good()) return;
                waits[slot] = true;
            }
    }
    std::size_t bytes() const { return (first_.size() + next_.capacity()) * sizeof(std::uint32_t); }

private:
    static constexpr Interval length = 4096;
    std::vector<std::uint32_t> first_ = std::vector<std::uint32_t>(std::size_t(length), none);  // due in that interval
    std::vector<std::uint32_t> next_;  // by slot: the one due with it
};

}  // namespace meshwarden::anomaly

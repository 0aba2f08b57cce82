#include "anomaly/edge_table.hpp"

#include <algorithm>

namespace meshwarden::anomaly {
namespace {

constexpr std::uint32_t empty = ~0U;
constexpr int looked_at = 32;  // edges compared for every one that is forgotten

std::uint32_t hash_of(NodeId source, NodeId destination) {
    std::uint64_t x = (std::uint64_t(source) << 32 | destination) * 0x9E3779B97F4A7C15ULL;
    x ^= x >> 29;
    x *= 0xBF58476D1CE4E5B9ULL;
    return std::uint32_t(x >> 32);
}

}  // namespace

EdgeTable::EdgeTable(std::size_t most) : most_(std::max<std::size_t>(most, 1)), index_(64, Entry{empty, 0}) {}

std::size_t EdgeTable::bucket_of(std::uint32_t hash, NodeId source, NodeId destination) const {
    const auto mask = index_.size() - 1;
    auto bucket = hash & mask;
    while (index_[bucket].slot != empty) {
        if (index_[bucket].hash == hash) {
            const auto& edge = (*this)[index_[bucket].slot];
            if (edge.source == source && edge.destination == destination) break;
        }
        bucket = (bucket + 1) & mask;
    }
    return bucket;
}

void EdgeTable::fetch_index(NodeId source, NodeId destination) const {
    __builtin_prefetch(&index_[hash_of(source, destination) & (index_.size() - 1)]);
}

void EdgeTable::fetch_edge(NodeId source, NodeId destination) const {
    const auto hash = hash_of(source, destination);
    const auto mask = index_.size() - 1;
    auto bucket = hash & mask;
    while (index_[bucket].slot != empty && index_[bucket].hash != hash) bucket = (bucket + 1) & mask;
    if (index_[bucket].slot != empty) fetch(index_[bucket].slot);
}

void EdgeTable::fetch(std::uint32_t slot) const {
    const auto* begin = reinterpret_cast<const char*>(&(*this)[slot]);
    for (std::size_t at = 0; at < sizeof(EdgeState); at += 64) __builtin_prefetch(begin + at, 1);
}

void EdgeTable::grow() {
    const std::vector<Entry> old = std::move(index_);
    index_.assign(old.size() * 2, Entry{empty, 0});
    const auto mask = index_.size() - 1;
    for (const auto& entry : old) {
        if (entry.slot == empty) continue;
        auto bucket = entry.hash & mask;
        while (index_[bucket].slot != empty) bucket = (bucket + 1) & mask;
        index_[bucket] = entry;
    }
}

// Linear probing without tombstones: what follows moves up where it may.
void EdgeTable::erase_index(std::uint32_t slot) {
    const auto mask = index_.size() - 1;
    const auto& lost = (*this)[slot];
    auto hole = bucket_of(hash_of(lost.source, lost.destination), lost.source, lost.destination);
    for (auto next = (hole + 1) & mask; index_[next].slot != empty; next = (next + 1) & mask) {
        const auto home = index_[next].hash & mask;
        if (((next - home) & mask) < ((next - hole) & mask)) continue;
        index_[hole] = index_[next];
        hole = next;
    }
    index_[hole].slot = empty;
}

// Long unseen and seldom seen: an edge is worth about as many intervals of silence as it had intervals with events.
std::uint32_t EdgeTable::least_valuable() {
    std::uint32_t worst = 0;
    Interval worst_value = 0;
    for (int i = 0; i < looked_at; ++i) {
        hand_ = (hand_ + 1) % size_;
        const auto& edge = (*this)[std::uint32_t(hand_)];
        const auto value = edge.last + Interval(edge.rows);
        if (i > 0 && value >= worst_value) continue;
        worst = std::uint32_t(hand_);
        worst_value = value;
    }
    return worst;
}

EdgeTable::Place EdgeTable::place(NodeId source, NodeId destination) {
    const auto hash = hash_of(source, destination);
    const auto bucket = bucket_of(hash, source, destination);
    if (index_[bucket].slot != empty) return {index_[bucket].slot, false, no_node, no_node};
    Place made{std::uint32_t(size_), true, no_node, no_node};
    if (size_ >= most_) {
        made.slot = least_valuable();
        made.lost_source = (*this)[made.slot].source;
        made.lost_destination = (*this)[made.slot].destination;
        erase_index(made.slot);
        (*this)[made.slot] = EdgeState{};
        ++forgotten_;
    } else {
        if (size_ * 2 >= index_.size()) grow();
        if (size_ >> block_bits == blocks_.size()) blocks_.push_back(std::make_unique<EdgeState[]>(block_mask + 1));
        ++size_;
    }
    auto& edge = (*this)[made.slot];
    edge.source = source;
    edge.destination = destination;
    index_[bucket_of(hash, source, destination)] = {made.slot, hash};
    return made;
}

void EdgeTable::save(ArchiveWriter& archive) const {
    archive(std::uint64_t(size_), std::uint64_t(hand_), forgotten_);
    for (std::uint32_t slot = 0; slot < size_; ++slot) archive((*this)[slot]);
}

void EdgeTable::load(ArchiveReader& archive) {
    std::uint64_t size = 0, hand = 0;
    archive(size, hand, forgotten_);
    archive.require(size <= most_ && hand <= size);
    EdgeState read;
    for (std::uint64_t slot = 0; archive.good() && slot < size; ++slot) {
        archive(read);
        const auto made = place(read.source, read.destination);
        archive.require(made.fresh);
        if (archive.good()) (*this)[made.slot] = read;
    }
    hand_ = hand;
}

std::size_t EdgeTable::bytes() const {
    return blocks_.size() * (block_mask + 1) * sizeof(EdgeState) + index_.capacity() * sizeof(Entry);
}

}  // namespace meshwarden::anomaly

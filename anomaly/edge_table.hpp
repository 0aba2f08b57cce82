// Every known edge, found by (source, destination). Bounded: the least valuable of a few that are looked at in turn is
// forgotten, and counted. Edges stay where they are while the table grows. Owned by one Baseline, not synchronised.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "anomaly/archive.hpp"
#include "anomaly/volume.hpp"

namespace meshwarden::anomaly {

struct alignas(64) EdgeState {
    Interval first = 0;
    Interval last = 0;
    NodeId source = no_node;
    NodeId destination = no_node;
    std::uint32_t rows = 0;          // intervals with events
    std::int32_t longest_gap = 1;    // intervals, fades
    Volume volume;
    std::array<std::uint32_t, 2> principals{};
    std::uint16_t last_gap = 0;      // saturating
    Cell origin;                     // what it carried at first, or when its growth was last told: only falls by itself
    float usual_gap = 1;             // of the last ten or so
    float regular = 0;               // evidence for a beacon, nats
    float anchor = 0;                // what it carried in weeks past, events an interval: moves a little a day
    float odd_today = 0, odd_yesterday = 0,
          odd_before = 0;              // nats that this edge's volume reached; the last fades over days
    std::int32_t odd_since = not_odd;  // hour of the first of the odd intervals that do not train
    std::uint8_t day = 0;            // the day of `today`, modulo 256
    std::uint8_t anchored = 0;       // days behind the anchor, saturating
    std::uint8_t silence_told = 0;   // nats at which its present silence was told; 0: it was not
    bool novel = false;              // first seen after the learning

    static constexpr std::int32_t not_odd = INT32_MIN;
    static void keep(auto& self, auto& archive) {
        archive(self.first, self.last, self.source, self.destination, self.rows, self.longest_gap, self.volume,
                self.principals, self.last_gap);
        archive(self.usual_gap, self.regular, self.origin, self.anchor, self.odd_today, self.odd_yesterday,
                self.odd_before, self.odd_since);
        archive(self.day, self.anchored, self.silence_told, self.novel);
    }
};
static_assert(sizeof(EdgeState) == 256, "four cache lines");

class EdgeTable {
public:
    explicit EdgeTable(std::size_t most);

    struct Place {
        std::uint32_t slot = 0;
        bool fresh = false;
        NodeId lost_source = no_node, lost_destination = no_node;  // of the edge whose place was taken, if any
    };
    // The slot of an edge; made where there is none.
    Place place(NodeId source, NodeId destination);
    // Brings into the cache what place() or operator[] will soon look at.
    void fetch_index(NodeId source, NodeId destination) const;
    void fetch_edge(NodeId source, NodeId destination) const;
    void fetch(std::uint32_t slot) const;

    EdgeState& operator[](std::uint32_t slot) { return blocks_[slot >> block_bits][slot & block_mask]; }
    const EdgeState& operator[](std::uint32_t slot) const { return blocks_[slot >> block_bits][slot & block_mask]; }
    std::size_t size() const { return size_; }
    std::size_t most() const { return most_; }
    std::uint64_t forgotten() const { return forgotten_; }
    std::size_t bytes() const;
    void save(ArchiveWriter& archive) const;
    void load(ArchiveReader& archive);

private:
    static constexpr unsigned block_bits = 9, block_mask = (1U << block_bits) - 1;
    struct Entry {
        std::uint32_t slot;
        std::uint32_t hash;
    };

    std::size_t bucket_of(std::uint32_t hash, NodeId source, NodeId destination) const;
    void grow();
    void erase_index(std::uint32_t slot);
    std::uint32_t least_valuable();

    std::size_t most_;
    std::size_t size_ = 0;
    std::vector<std::unique_ptr<EdgeState[]>> blocks_;
    std::vector<Entry> index_;  // power of two, linear probing
    std::size_t hand_ = 0;
    std::uint64_t forgotten_ = 0;
};

}  // namespace meshwarden::anomaly

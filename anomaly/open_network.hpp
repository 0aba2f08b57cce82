// The profile for open networks: hosts that come and go, edges that are mostly silent, no rhythm to learn. An edge, its
// source and its destination are each held against their own mean over all time (chi-squared, as in MIDAS, Bhatia et
// al. 2020, but exact), and a source is odd by how seldom it was there. Owned by one Baseline.
#pragma once

#include <cstdint>
#include <vector>

#include "anomaly/archive.hpp"
#include "anomaly/row.hpp"

namespace meshwarden::anomaly {

class OpenNetwork {
public:
    explicit OpenNetwork(double interval_seconds);

    // A new interval begins; `hosts`: numbers given out so far.
    void begin(Interval at, std::size_t hosts);
    // Takes in a row; `slot` is its edge's place. `fresh`: what the slot held before is forgotten.
    void add(const Row& row, std::uint32_t slot, bool fresh);

    struct Oddness {
        double sum = 0;       // of all, in nats or so
        double observed = 0;  // of what is oddest: events in the last half minute or so, fading
        double expected = 0;
        double seen = 0,
               watched = 0;  // minutes (or intervals, where these are longer) of the source, before now, and of all
    };
    // Once all rows of the interval were added.
    Oddness judge(const Row& row, std::uint32_t slot) const;
    // The interval is over.
    void end(const Row& row);

    // How many of the sources known so far talk in an interval, on average: 0 to 1.
    double sources_active() const { return known_ > 0 ? active_ / known_ : 1; }
    std::size_t bytes() const { return edges_.capacity() * sizeof(Count) + hosts_.capacity() * sizeof(Host); }
    void forget();
    void save(ArchiveWriter& archive) const;
    void load(ArchiveReader& archive);

private:
    struct Count {
        double total = 0;
        float now = 0;  // fading
        std::int32_t at = -1;
        static void keep(auto& self, auto& archive) { archive(self.total, self.now, self.at); }
    };
    struct Host {
        Count out, in;
        std::uint32_t minutes = 0;  // as a source
        std::int32_t minute = -1;   // the last of them
        static void keep(auto& self, auto& archive) { archive(self.out, self.in, self.minutes, self.minute); }
    };
    void take(Count& count, double events) const;
    double expected(const Count& count) const;
    double chi_squared(const Count& count) const;
    std::int32_t minute() const;

    double minutes_an_interval_;
    double fade_;
    double weight_ = 0;        // intervals that a fading count stands for
    Interval first_ = -1;
    std::int32_t at_ = 0;      // intervals since the first, from 1
    std::vector<Count> edges_;  // by slot
    std::vector<Host> hosts_;
    double active_ = 0, known_ = 0;   // sources of an interval, summed over intervals
    std::uint32_t sources_ = 0;
};

}  // namespace meshwarden::anomaly

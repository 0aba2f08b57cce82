// Turns oddness into "how often a day does something at least this odd come up here". One per kind of test. What has
// been seen counts; its far end is taken as a power law through the oddest few (Hill 1975). Owned by one Baseline.
#pragma once

#include <array>
#include <cstdint>

namespace meshwarden::anomaly {

class Calibration {
public:
    // Time passes: `days`, with so many tests made. At most the last half of all time is remembered: the cold start is
    // not.
    void pass(double days, double tests, double elapsed_days);
    // The oddest of one subject in one day; forget: what was recorded of it before.
    void record(double nats);
    void forget(double nats);
    // Learns the tail anew from what was recorded.
    void refresh();
    double alerts_per_day(double nats) const;
    // The oddness that so many of what was recorded exceed.
    double exceeded(double times) const;
    static void keep(auto& self, auto& archive) {
        archive.sparse(self.seen_, 0.F);
        archive(self.days_, self.tests_);
    }

private:
    static constexpr int bins = 512;
    static int bin_of(double nats);
    static double nats_of(double bin);
    double seen_above(double nats) const;

    std::array<float, bins> seen_{};
    std::array<float, bins + 1> above_{};  // seen in this bin or beyond
    double days_ = 0;
    double tests_ = 0;
    double edge_ = 0;         // nats where the power law begins
    double edge_seen_ = 0;    // recorded above it
    double power_ = 4;        // of the tail: seen above n falls as n^-power
};

}  // namespace meshwarden::anomaly

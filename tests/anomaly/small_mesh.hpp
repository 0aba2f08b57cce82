// A mesh of a few steady edges with a rhythm of days, whose rows a test may change before the baseline sees them.
#pragma once

#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <random>
#include <vector>

#include "anomaly/baseline.hpp"

namespace meshwarden::tests {

using anomaly::Interval;
using anomaly::NodeId;
constexpr Interval hour = 12, day = 24 * hour;  // intervals of five minutes

class SmallMesh {
public:
    using Pair = std::pair<NodeId, NodeId>;
    using Rows = std::map<Pair, anomaly::Row>;
    using Change = std::function<void(Interval at, Rows& rows)>;

    explicit SmallMesh(unsigned seed = 1) : random_(seed) {
        for (NodeId source = 0; source < 20; ++source)
            for (NodeId k = 1; k <= 3; ++k) edges_.push_back({source, (source + k * k) % 20});
    }

    // The rows of the next interval.
    Rows next() {
        const double through = double(now_++ % day) / double(day);
        const double mean = 40 * (1 + 0.9 * std::cos((through - 0.5) * 2 * std::numbers::pi));
        Rows rows;
        for (const auto& edge : edges_)
            if (const int count = std::poisson_distribution<int>(mean)(random_); count > 0)
                add(rows, edge, float(count));
        return rows;
    }
    // Plays until `to`, each interval changed before the baseline sees it; gives what is found.
    std::vector<anomaly::Candidate> play(anomaly::Baseline& baseline, Interval to, const Change& change = {}) {
        std::vector<anomaly::Candidate> found;
        while (now_ < to) {
            const auto at = now_;
            auto rows = next();
            if (change) change(at, rows);
            inspect(baseline, at, rows, found);
        }
        return found;
    }
    void inspect(anomaly::Baseline& baseline, Interval at, const Rows& rows, std::vector<anomaly::Candidate>& found) {
        std::vector<anomaly::Row> given;
        for (const auto& [pair, row] : rows) given.push_back(row);
        scores_.resize(given.size());
        baseline.inspect(at, given, found, scores_);
    }
    static void add(Rows& rows, Pair pair, float count) {
        auto& row = rows[pair];
        row.source = pair.first;
        row.destination = pair.second;
        row.count += count;
    }
    Pair edge(std::size_t i) const { return edges_[i]; }
    Interval now() const { return now_; }
    const std::vector<float>& scores() const { return scores_; }

private:
    std::minstd_rand random_;
    std::vector<Pair> edges_;
    Interval now_ = 0;
    std::vector<float> scores_;
};

}  // namespace meshwarden::tests

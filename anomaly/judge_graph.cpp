// The tests of workloads and of silence.
#include <algorithm>
#include <cmath>

#include "anomaly/baseline.hpp"
#include "anomaly/tail.hpp"

namespace meshwarden::anomaly {
namespace {

constexpr double peers_spread = 0.3;        // of the number of peers in an interval
constexpr double new_spread = 1.0;          // of new peers: rollouts bring several at once
constexpr double day_spread = 0.3;          // of the intervals with new peers in a day
constexpr double rate_memory_days = 14;
constexpr double fewest_in_fan = 2.5;       // of what fades: three. One or two new peers are new edges, not a fan
constexpr double silence_nats_told = 8;
constexpr double established_days = 3;      // an edge found as new is missed only after these
constexpr double gaps_of_silence = 2;       // times the longest known gap

}  // namespace

void Baseline::wake(Side& side) const {
    if (side.touched == now_.at) return;
    const double gone = double(now_.at - side.faded) / pace_.intervals_per_hour;
    side.touched = side.faded = now_.at;
    side.peers_now = side.new_now = side.load_weight = side.load_is = 0;
    side.judged = false;
    if (side.new_rate <= 0) return;
    side.new_hour *= float(std::exp(-gone));
    side.new_day *= float(std::exp(-gone / 24));
    side.new_rate *= float(std::exp(-gone / 24 / rate_memory_days));
}

void Baseline::touch_sides(const Row& row, const Seen& seen) {
    const double ratio = seen.expected.fast > 0 ? std::min(row.count / seen.expected.fast, 8.0F) : 0;
    const auto add = [&](Side& side) {
        wake(side);
        side.peers_now += 1;
        if (seen.fresh) {
            side.new_now += 1;
            if (learning_) return;
            side.new_hour += 1;
            side.new_day += side.new_now == 1 ? 1 : 0;  // a rollout that brings several at once is one event
        } else if (seen.expected.fast > 0) {
            side.load_weight += seen.expected.weight;
            side.load_is += float(seen.expected.weight * ratio);
        }
    };
    auto& from = graph_[row.source];
    add(from.out);
    add(graph_[row.destination].in);
    if (row.source_version && row.source_version != from.version) {
        if (from.version) from.rolled_out_at = now_.at;
        from.version = row.source_version;
    }
}

double Baseline::judge_side(Side& side, Test test, NodeId source, NodeId destination, std::vector<Candidate>& out) {
    made_[test] += 1 / pace_.intervals_per_hour;
    double nats = 0, observed = 0, expected = 0;
    const auto take = [&](double by, double is, double usual) {
        if (by <= nats) return;
        nats = by;
        observed = is;
        expected = usual;
    };
    if (side.new_now > 0 && !learning_ && uses(fans)) {
        const double daily = 0.5 * (side.new_rate + new_rate_) + 0.05;
        if (side.new_hour > fewest_in_fan)
            take(excess_nats(side.new_hour, daily / 24, new_spread), side.new_hour, daily / 24);
        if (side.new_day > fewest_in_fan) take(excess_nats(side.new_day, daily, day_spread), side.new_day, daily);
    }
    if (side.seen >= 10 && side.peers_now > side.usual_peers + fewest_in_fan && uses(fans)) {
        const double spread = peers_spread + 1.0 / side.seen;
        take(excess_nats(side.peers_now, std::max(side.usual_peers, 1.F), spread), side.peers_now, side.usual_peers);
    }
    const float pull = 1 / float(std::min<std::uint32_t>(side.seen + 1, 200));
    const float cut = side.seen >= 10 ? 3 * side.usual_peers + 1 : side.peers_now;
    side.usual_peers += (std::min(side.peers_now, cut) - side.usual_peers) * pull;
    ++side.seen;
    if (!learning_ && side.new_now > 0) {
        const double taught = std::min(double(side.new_now), 3.0) / rate_memory_days;
        side.new_rate += float(taught);
        new_rate_ += taught / double(std::max<std::size_t>(graph_.size(), 1));
    }
    if (nats <= 2) return -50;
    Seen best;
    raise(test,
          {.kind = test == spreading ? Kind::fan_out : Kind::fan_in,
           .source = source,
           .destination = destination,
           .nats = nats,
           .observed = observed,
           .expected = expected},
          &best, &out);
    return best.odd;
}

void Baseline::judge_sides(std::span<const Row> rows, std::vector<Candidate>& out) {
    new_rate_ *= std::exp(-now_.exposure / (24 * pace_.intervals_per_hour * rate_memory_days));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& from = graph_[rows[i].source].out;
        auto& to = graph_[rows[i].destination].in;
        if (!from.judged) from.odd = float(judge_side(from, spreading, rows[i].source, no_node, out));
        if (!to.judged) to.odd = float(judge_side(to, gathering, no_node, rows[i].destination, out));
        from.judged = to.judged = true;
        // In a fan the new edges are the odd ones, unless all are known.
        const bool in_out = seen_[i].fresh || from.new_now == 0, in_in = seen_[i].fresh || to.new_now == 0;
        if (in_out) seen_[i].odd = std::max(seen_[i].odd, from.odd);
        if (in_in) seen_[i].odd = std::max(seen_[i].odd, to.odd);
    }
}

void Baseline::judge_silence(std::vector<Candidate>& out) {
    const auto skew = index_ - now_.at;
    for (const auto slot : silence_.due(last_ + 1, now_.at)) {
        auto& edge = edges_[slot];
        const double mu = std::max(double(edge.volume.now), 1e-4);
        const double shape = 1 / std::max(0.01, double(edge.volume.hour_spread));
        const double enough = shape * std::expm1(silence_nats_told / shape) / mu;
        const auto patience = Interval(std::min(std::max(enough, gaps_of_silence * edge.longest_gap), 4000.0)) + 1;
        const auto silence = now_.at - edge.last;
        if (silence < patience) {
            silence_.wait(slot, now_.at, patience - silence);
            continue;
        }
        silence_.wait(slot, now_.at, std::max(Interval(pace_.intervals_per_hour / 4), silence / 4));
        const auto& node = graph_[edge.source];
        const bool source_lives =
            std::max(node.out.touched, node.in.touched) >= now_.at - std::max<Interval>(1, silence / 4);
        const bool established =
            !edge.novel || double(edge.last - edge.first) > established_days * 24 * pace_.intervals_per_hour;
        if (!source_lives || !established || edge.volume.hours < 3 || edge.rows < 10) continue;
        made_[silent] += 1;
        const double expected = expected_between(edge.volume, edge.last + 1 + skew, index_ + 1, pace_, quiet_days());
        const double nats = silence_nats(expected, edge.volume.hour_spread);
        if (nats < silence_nats_told || nats < 2.5 * edge.silence_told || edge.silence_told > 30) continue;
        edge.silence_told = std::uint8_t(std::min(nats, 255.0));
        raise(silent,
              {.kind = Kind::vanished,
               .source = edge.source,
               .destination = edge.destination,
               .nats = nats,
               .observed = double(silence),
               .expected = expected},
              nullptr, &out);
    }
}

}  // namespace meshwarden::anomaly

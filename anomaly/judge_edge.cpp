// The tests of one edge: its volume, its novelty, its regularity, its identity.
#include <algorithm>
#include <cmath>

#include "anomaly/baseline.hpp"
#include "anomaly/tail.hpp"

namespace meshwarden::anomaly {
namespace {

constexpr double doubt_nats = 3;            // what is odder than this teaches less ...
constexpr double guard_after_hours = 24;   // of intervals with events
constexpr double least_trust = 0.03, least_spread_trust = 0.1;
constexpr double odd_nats = 12;
constexpr double odd_fade = 0.85;           // a day
constexpr std::int32_t accept_after_hours = 48;   // ... unless it lasts
constexpr int days_to_anchor = 7;
constexpr float anchor_pace = 1.03F;         // most that an anchor moves in a day ...
constexpr float anchor_reach = 2;            // ... and as far above the origin as it ever gets by itself
constexpr double usual_drift = 0.25;         // of the logarithm
constexpr double least_drift = 0.5;          // events an interval: below it growth says little
constexpr double accepted_drift = 10;        // nats: told, and the new level from now on
constexpr double off_hours_share = 0.5;     // of the edge's mean: below it an hour is a quiet one
constexpr double beacon_young_days = 7;
constexpr double beacon_most_events = 8;    // in an interval
constexpr double beacon_most_hours = 6;      // between two events: slower ones are daily jobs more often
constexpr double beacon_told = 6;           // nats
constexpr double keeps_time = 0.9;          // of a beacon's gaps are like the one before

}  // namespace

bool Baseline::quiet_hour(const EdgeState& edge) const {
    const auto& volume = edge.volume;
    return volume.now < off_hours_share * volume.mean && volume.run_is < 2.5 * volume.mean * pace_.intervals_per_hour;
}

Kind Baseline::kind_of_excess(const EdgeState& edge, double jump_nats) const {
    if (quiet_hour(edge)) return Kind::off_hours;
    return jump_nats < odd_nats / 2 ? Kind::ramp : Kind::burst;
}

// Once a day: habits fade, and the last days are held against the weeks before. Growth that is slow enough to train
// every other test shows here; a level that was told becomes the new one.
void Baseline::pass_day(const Row& row, EdgeState& edge, Seen& seen, std::vector<Candidate>& out) {
    const auto day = std::uint8_t(now_.hour / 24);
    edge.odd_before =
        std::max(edge.odd_before * float(std::pow(odd_fade, std::uint8_t(day - edge.day))), edge.odd_yesterday);
    edge.odd_yesterday = edge.odd_today;
    edge.odd_today = 0;
    edge.day = day;
    if (learning_ || !uses(anchors)) return;
    const float recent = edge.volume.recent;
    if (edge.anchored < days_to_anchor) {
        edge.anchor += (recent - edge.anchor) / float(++edge.anchored);
        edge.origin.set(edge.anchor, 0);
        return;
    }
    made_[drifting] += 1;
    const double growth = std::log((recent + least_drift) / (edge.anchor + least_drift));
    const double nats = growth > 0 ? growth * growth / (2 * usual_drift * usual_drift) : 0;
    if (nats > 2)
        raise(drifting,
              {.kind = Kind::ramp,
               .source = row.source,
               .destination = row.destination,
               .nats = nats,
               .observed = recent * pace_.intervals_per_hour,
               .expected = edge.anchor * pace_.intervals_per_hour},
              &seen, &out);
    if (nats > accepted_drift) {
        edge.anchor = recent;
        edge.origin.set(recent, 0);
        return;
    }
    edge.anchor = std::clamp(recent, edge.anchor / anchor_pace, edge.anchor * anchor_pace);
    edge.anchor = std::min(edge.anchor, anchor_reach * float(edge.origin.rate() + least_drift));
    if (edge.anchor < edge.origin.rate()) edge.origin.set(edge.anchor, 0);
}

// What an edge does again and again is less odd there than elsewhere.
double Baseline::for_this_edge(const EdgeState& edge, double nats) const {
    return uses(own_history) ? nats * nats / (nats + edge.odd_before) : nats;
}

// The interval against the last hours; gives its oddness.
double Baseline::judge_jump(const Row& row, Seen& seen, double mean, std::vector<Candidate>& out) {
    const auto& edge = edges_[seen.slot];
    made_[jump] += 1;
    if (row.count <= 1.2 * mean + 1) return 0;
    const double nats = excess_nats(row.count, mean, edge.volume.spread + seen.expected.unsure);
    if (nats > 2)
        raise(jump,
              {.kind = quiet_hour(edge) ? Kind::off_hours : Kind::burst,
               .source = row.source,
               .destination = row.destination,
               .nats = for_this_edge(edge, nats),
               .observed = row.count,
               .expected = mean},
              &seen, &out);
    return nats;
}

// The last hour against the last days; gives its oddness.
double Baseline::judge_hour(const Row& row, Seen& seen, double load, double jump_nats, std::vector<Candidate>* out) {
    const auto& edge = edges_[seen.slot];
    const auto& volume = edge.volume;
    made_[sustained] += 1 / pace_.intervals_per_hour;
    const double run = volume.run_is * pace_.run_fade + row.count;
    const double expected = 0.3 + volume.run_expected * pace_.run_fade +
                            (seen.expected.slow * seen.expected.clumped + seen.expected.least) * load;
    if (volume.hours < 3 || run <= 1.2 * expected + 2 || !uses(hour_window)) return 0;
    const double spread = volume.hour_spread +
                          2 * volume.spread * std::min(double(seen.expected.clumped), 6.0) / pace_.intervals_per_hour +
                          1.0 / (2 + double(volume.hours)) + 4.0 / (1 + double(volume.learned));
    const double nats = excess_nats(run, expected, spread);
    if (nats > 2)
        raise(sustained,
              {.kind = kind_of_excess(edge, jump_nats),
               .source = row.source,
               .destination = row.destination,
               .nats = for_this_edge(edge, nats),
               .observed = run,
               .expected = expected},
              &seen, out);
    return nats;
}

// How much an interval that is so odd may teach: little, unless it has been so for days.
Trust Baseline::trust_in(EdgeState& edge, double nats) const {
    const bool known = knows_hour(edge.volume, quiet_days());
    const bool odd = nats > odd_nats && known;
    if (!odd) edge.odd_since = EdgeState::not_odd;
    else if (edge.odd_since == EdgeState::not_odd) edge.odd_since = now_.hour;
    const bool lasting = odd && now_.hour - edge.odd_since > accept_after_hours;
    const bool guarded = uses(guarded_learning) && known && !lasting &&
                         edge.volume.learned > guard_after_hours * pace_.intervals_per_hour;
    const double doubt = nats > doubt_nats ? std::pow(doubt_nats / nats, 2) : 1;
    return {guarded ? std::max(least_trust, doubt) : 1, std::max(least_spread_trust, doubt)};
}

void Baseline::judge_volume(const Row& row, Seen& seen, std::vector<Candidate>& out) {
    auto& edge = edges_[seen.slot];
    const double load = load_of(row, seen.expected);
    if (edge.day != std::uint8_t(now_.hour / 24)) pass_day(row, edge, seen, out);
    const double mean = (seen.expected.fast * seen.expected.clumped + seen.expected.least) * load;
    const double jump_nats = judge_jump(row, seen, mean, out);
    const double run_nats = judge_hour(row, seen, load, jump_nats, row.count > mean ? &out : nullptr);
    const double worst = std::max(jump_nats, run_nats);
    edge.odd_today = std::max(edge.odd_today, float(worst));
    learn(edge.volume, seen.expected, row.count, load, trust_in(edge, worst), now_, pace_);
    if (edge.novel) judge_regularity(row, seen, out);
    if (row.principal) judge_identity(row, seen, out);
    edge.longest_gap =
        std::max(seen.gap, std::int32_t(edge.longest_gap - (edge.rows % 256 == 0 ? edge.longest_gap / 16 : 0)));
    edge.silence_told = 0;
    ++edge.rows;
}

// How seldom these two make and get new edges, among the workloads of this mesh.
void Baseline::judge_novelty(const Row& row, Seen& seen, std::vector<Candidate>& out) {
    auto& edge = edges_[seen.slot];
    edge.rows = 1;
    made_[novelty] += 1;
    if (learning_) return;
    const auto& from = graph_[row.source];
    const auto& to = graph_[row.destination];
    const double usual = std::log((0.05 + from.out.new_rate) / (0.05 + new_rate_)) +
                         std::log((0.05 + to.in.new_rate) / (0.05 + new_rate_));
    const bool rollout =
        from.rolled_out_at >= 0 && double(now_.at - from.rolled_out_at) <= pace_.intervals_per_hour;
    const double nats = std::max(0.05, 5 - 0.5 * usual - (rollout ? 3 : 0));
    seen.surprise = float(nats);
    raise(novelty,
          {.kind = Kind::new_edge,
           .source = row.source,
           .destination = row.destination,
           .nats = std::max(nats, 3.0 + 0.01 * nats),
           .observed = row.count,
           .peers_source = float(from.out.peers - 1),
           .peers_destination = float(to.in.peers - 1),
           .rollout = rollout},
          &seen, &out);
}

// A new edge out of a workload that a new edge has just reached.
void Baseline::judge_chain(const Row& row, Seen& seen, std::vector<Candidate>& out) {
    auto& to = graph_[row.destination];
    const auto& from = graph_[row.source];
    const double hours = double(now_.at - from.reached_at) / pace_.intervals_per_hour;
    const bool reached =
        from.reached_at >= 0 && (hours <= 1 || now_.at - from.reached_at <= 2) && from.reached_from != row.destination;
    if (reached && seen.surprise > 0 && uses(chains)) {
        made_[chain] += 1;
        const double nats = seen.surprise + from.reached_nats;
        raise(chain,
              {.kind = Kind::lateral,
               .source = row.source,
               .destination = row.destination,
               .nats = nats,
               .observed = row.count,
               .peers_source = float(from.out.peers - 1),
               .peers_destination = float(to.in.peers - 1),
               .via = from.reached_from},
              &seen, &out);
    }
    if (seen.surprise <= 0) return;
    to.reached_at = now_.at;
    to.reached_nats = seen.surprise + (reached ? from.reached_nats : 0);
    to.reached_from = row.source;
}

void Baseline::judge_regularity(const Row& row, Seen& seen, std::vector<Candidate>& out) {
    auto& edge = edges_[seen.slot];
    const double age = double(now_.at - edge.first);
    const std::int32_t before = edge.last_gap;
    const auto gap = seen.gap;
    edge.last_gap = std::uint16_t(std::min(gap, 65535));
    edge.usual_gap += 0.1F * (float(std::min(gap, 1000)) - edge.usual_gap);
    if (before == 0 || (gap == 1 && before == 1) || age > beacon_young_days * 24 * pace_.intervals_per_hour ||
        row.count > beacon_most_events || double(gap) > beacon_most_hours * pace_.intervals_per_hour)
        return;
    const double slack = std::floor(0.1 * double(before));
    const double often = 1 / std::max(1.05, double(edge.usual_gap));
    const auto upto = [&](double g) { return g < 1 ? 0 : 1 - std::pow(1 - often, g); };
    const double chance = std::clamp(upto(double(before) + slack) - upto(double(before) - slack - 1), 1e-4, 1 - 1e-4);
    const bool same = std::abs(double(gap - before)) <= slack;
    edge.regular = std::max(
        0.F, edge.regular + float(same ? std::log(keeps_time / chance) : std::log((1 - keeps_time) / (1 - chance))));
    made_[regular] += 0.1;
    if (edge.regular > beacon_told)
        raise(regular,
              {.kind = Kind::beacon,
               .source = row.source,
               .destination = row.destination,
               .nats = edge.regular,
               .observed = double(gap),
               .expected = 1 / often},
              &seen, &out);
}

void Baseline::judge_identity(const Row& row, Seen& seen, std::vector<Candidate>& out) {
    auto& edge = edges_[seen.slot];
    if (row.principal == edge.principals[0] || row.principal == edge.principals[1]) return;
    made_[changed_identity] += 1;
    const bool told_before = edge.principals[0] != 0;
    edge.principals[1] = edge.principals[0];
    edge.principals[0] = row.principal;
    if (told_before)
        raise(changed_identity,
              {.kind = Kind::identity,
               .source = row.source,
               .destination = row.destination,
               .nats = 4 + std::log1p(double(edge.rows)),
               .observed = row.count},
              &seen, &out);
}

}  // namespace meshwarden::anomaly

#include "anomaly/baseline.hpp"

#include <algorithm>
#include <cmath>

namespace meshwarden::anomaly {
namespace {

constexpr double flat_discovery = 0.1;      // learning ends when the second half of the time found fewer of all edges
constexpr double most_learning_days = 3;
constexpr double effective_tests = 2;  // calibrations that speak at once: they overlap, and real finds fill them too
constexpr double most_exposure = 12;         // intervals
constexpr double told_hours = 24;            // what was told is told again within these ...
constexpr double raise_times = 1.25, raise_again = 1;  // ... only if so much odder,
constexpr double seldom_told = 3;             // or a little odder where it is so common that nobody was told (a day)
constexpr std::uint32_t few_rows = 50;        // an edge seen in fewer intervals, and not for days, starts anew
constexpr double few_rows_days = 3;
constexpr double open_sources = 2.0 / 3;       // fewer of them in an interval: an open network
constexpr double first_day_rate = 20;  // what so many edges exceed on the first day of an open network sets the scale
constexpr double open_scale = 8;               // of oddness there, for each e-fold in how often
constexpr double told_hours_open = 1;
constexpr float open_offset = 20;              // between an open network's oddness and what is odd in a mesh
constexpr Interval most_gap = 1'000'000'000;

}  // namespace

std::string_view to_string(Kind kind) {
    constexpr std::string_view names[] = {"new-edge", "burst",  "ramp",    "off-hours", "fan-out",
                                          "fan-in",   "beacon", "lateral", "vanished",  "identity"};
    return names[std::size_t(kind)];
}

Baseline::Baseline(BaselineOptions options)
    : options_(options),
      pace_(Pace::of(options.interval_seconds)),
      edges_(options.max_edges),
      hosts_(options.interval_seconds) {}

std::size_t Baseline::bytes() const {
    return edges_.bytes() + silence_.bytes() + hosts_.bytes() + graph_.capacity() * sizeof(NodeState);
}

bool Baseline::learning() const {
    return learning_ || (open_network_ && double(last_) < 24 * pace_.intervals_per_hour);
}

void Baseline::settle_learning() {
    const auto elapsed = last_;
    if (!learning_ || double(elapsed) < fewest_intervals) return;
    if (elapsed >= 2 * half_at_) {
        const double known = double(std::max<std::size_t>(edges_.size(), 1));
        if (double(edges_.size() - edges_at_half_) < flat_discovery * known) learning_ = false;
        half_at_ = last_;
        edges_at_half_ = edges_.size();
    }
    if (open_network_ && double(elapsed) >= std::max(2.0 * fewest_intervals, pace_.intervals_per_hour)) learning_ = false;
    if (double(elapsed) > most_learning_days * 24 * pace_.intervals_per_hour) learning_ = false;
    if (!learning_ && !open_network_) hosts_.forget();
}

void Baseline::close_hour() {
    const double hours = std::min(24.0, double(now_.at - last_) / pace_.intervals_per_hour + 1);
    for (auto& [subject, open] : open_) {
        if (open.nats <= open.recorded) continue;
        auto& calibration = calibrations_[std::size_t(subject >> 60)];
        if (open.recorded >= 0) calibration.forget(open.recorded);
        calibration.record(open.nats);
        open.recorded = open.nats;
    }
    const double lasting = (open_network_ ? told_hours_open : told_hours) * pace_.intervals_per_hour;
    std::erase_if(open_, [&](const auto& entry) { return double(now_.at - entry.second.since) > lasting; });
    const double elapsed = double(last_) / pace_.intervals_per_hour / 24;
    for (std::size_t i = 0; i < tests; ++i) {
        if (!learning_) calibrations_[i].pass(hours / 24, made_[i], elapsed);
        made_[i] = 0;
        calibrations_[i].refresh();
    }
}

// An interval that nobody saw: its events come with the next one, or are lost. The whole stream's events tell which.
double Baseline::exposure_of(Interval at, double events) {
    double exposure = 1;
    if (last_ >= 0 && at - index_ > 1 && usual_events_ > 0)
        exposure = std::round(std::clamp(events / usual_events_, 1.0, std::min(double(at - index_), most_exposure)));
    const double pull = std::max(1 / pace_.intervals_per_hour, 1 / (1 + double(seen_intervals_++)));
    usual_events_ += (events / exposure - usual_events_) * std::min(pull, 1.0);
    return exposure;
}

void Baseline::advance(Interval at, std::size_t rows, double events) {
    const double hour = double(at) / pace_.intervals_per_hour;
    Moment next;
    next.hour = uses(season) ? std::int32_t(std::floor(hour)) : std::int32_t(std::floor(hour / 24) * 24);
    next.through = uses(season) ? hour - std::floor(hour) : 0.5;
    next.exposure = exposure_of(at, events);
    next.at = last_ < 0 ? 0 : last_ + Interval(next.exposure);
    if (last_ < 0) {
        first_index_ = at;
    } else {
        const auto old_hour = std::floor(double(index_) / pace_.intervals_per_hour);
        const auto day = std::int32_t(std::floor(hour / 24)), old_day = std::int32_t(std::floor(old_hour / 24));
        now_ = next;
        settle_learning();
        if (std::floor(hour) != old_hour) close_hour();
        if (day != old_day) {
            week_.close(old_day, double(first_index_) <= double(old_day) * 24 * pace_.intervals_per_hour + 1);
        }
    }
    now_ = next;
    index_ = at;
    seen_.resize(rows);
}

EdgeTable::Place Baseline::place(const Row& row) {
    const auto place = edges_.place(row.source, row.destination);
    if (!place.fresh) return place;
    if (place.lost_source != no_node) {
        --graph_[place.lost_source].out.peers;
        --graph_[place.lost_destination].in.peers;
    }
    ++graph_[row.source].out.peers;
    ++graph_[row.destination].in.peers;
    auto& edge = edges_[place.slot];
    edge.first = now_.at;
    edge.novel = !learning_;
    edge.principals[0] = row.principal;
    return place;
}

void Baseline::touch(const Row& row, Seen& seen) {
    const auto place = this->place(row);
    auto& edge = edges_[place.slot];
    seen = Seen{};
    seen.slot = place.slot;
    seen.fresh = place.fresh;
    if (place.fresh) {
        begin(edge.volume, now_, quiet_days(), row.count);
        if (place.lost_source == no_node)
            silence_.wait(place.slot, now_.at, Interval(pace_.intervals_per_hour * (1 + place.slot % 64 / 64.0)));
    } else {
        seen.gap = std::int32_t(std::min<Interval>(now_.at - edge.last, most_gap));
        if (edge.rows < few_rows && double(seen.gap) > few_rows_days * 24 * pace_.intervals_per_hour) {
            edge.volume = {};
            begin(edge.volume, now_, quiet_days(), row.count);
        }
        seen.expected = roll(edge.volume, edge.last, now_, pace_, quiet_days());
    }
    edge.last = now_.at;
}

double Baseline::load_of(const Row& row, const Forecast& expected) const {
    constexpr double pull = 4, most = 8;
    if (!uses(upstream_load)) return 1;
    const auto& node = graph_[row.source];
    const double ratio = expected.fast > 0 ? std::min(double(row.count / expected.fast), most) : 0;
    const double others =
        (node.out.load_is - expected.weight * ratio + pull) / (node.out.load_weight - expected.weight + pull);
    const double arriving = node.in.touched == now_.at ? (node.in.load_is + pull) / (node.in.load_weight + pull) : 1;
    return std::clamp(std::max(others, arriving), 1.0, most);
}

// `out`: null where the oddness counts for the row only. Told again within a day only if much odder.
void Baseline::raise(Test test, Candidate found, Seen* seen, std::vector<Candidate>* out) {
    found.interval = index_;
    const double rate = test == open_host   ? first_day_rate * std::exp((first_day_nats_ - found.nats) / open_scale)
                        : uses(own_history) ? calibrations_[test].alerts_per_day(found.nats)
                                            : std::exp(-found.nats);
    found.alerts_per_day = rate * effective_tests;
    if (seen) seen->odd = std::max(seen->odd, float(-std::log(std::max(found.alerts_per_day, 1e-300))));
    if (learning_ || found.nats < 3 || !out) return;
    const auto subject = std::uint64_t(test) << 60 | (std::uint64_t(found.source & 0x3fffffffU) << 30) |
                         (found.destination & 0x3fffffffU);
    auto& open = open_[subject];
    if (open.told < 0) open.since = now_.at;
    open.nats = std::max(open.nats, found.nats);
    if (open.told >= 0 && found.nats < (found.alerts_per_day > seldom_told ? 1 : raise_times) * open.told + raise_again)
        return;
    open.told = found.nats;
    out->push_back(found);
}

// What the next rows need is brought into the cache while this one is worked on.
void Baseline::touch_all(std::span<const Row> rows) {
    constexpr std::size_t far = 16, near = 8;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + far < rows.size()) edges_.fetch_index(rows[i + far].source, rows[i + far].destination);
        if (i + near < rows.size()) edges_.fetch_edge(rows[i + near].source, rows[i + near].destination);
        touch(rows[i], seen_[i]);
        touch_sides(rows[i], seen_[i]);
    }
}

void Baseline::inspect_mesh(std::span<const Row> rows, std::vector<Candidate>& out) {
    touch_all(rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i + 8 < rows.size()) edges_.fetch(seen_[i + 8].slot);
        const auto& edge = edges_[seen_[i].slot];
        if (edge.source != rows[i].source || edge.destination != rows[i].destination) continue;  // forgotten again
        if (seen_[i].fresh) judge_novelty(rows[i], seen_[i], out);
        else judge_volume(rows[i], seen_[i], out);
    }
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (seen_[i].fresh) judge_chain(rows[i], seen_[i], out);
    judge_sides(rows, out);
    judge_silence(out);
}

// While it learns this gives scores only: the tests of a mesh have no history yet. An open network is learned within an
// hour, but what is usual there takes a day.
void Baseline::inspect_open(std::span<const Row> rows, std::vector<Candidate>& out, bool scored) {
    hosts_.begin(index_, graph_.size());
    std::vector<Candidate> unheard;
    auto& told = learning() ? unheard : out;
    if (first_day_nats_ <= 0 && !learning()) first_day_nats_ = calibrations_[open_host].exceeded(first_day_rate);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!learning_) {
            const auto place = this->place(rows[i]);
            seen_[i] = Seen{};
            seen_[i].slot = place.slot;
            seen_[i].fresh = place.fresh;
            edges_[place.slot].last = now_.at;
            ++edges_[place.slot].rows;
        }
        hosts_.add(rows[i], seen_[i].slot, seen_[i].fresh);
    }
    for (std::size_t i = 0; (scored || !learning_) && i < rows.size(); ++i) {
        const auto& row = rows[i];
        auto& seen = seen_[i];
        const auto odd = hosts_.judge(row, seen.slot);
        made_[open_host] += 1;
        if (!learning_)
            raise(open_host,
                  {.kind = seen.fresh ? Kind::new_edge : Kind::burst,
                   .source = row.source,
                   .destination = row.destination,
                   .nats = odd.sum,
                   .observed = seen.fresh ? row.count : odd.observed,
                   .expected = odd.expected,
                   .peers_source = float(graph_[row.source].out.peers - 1),
                   .peers_destination = float(graph_[row.destination].in.peers - 1)},
                  nullptr, &told);
        seen.odd = float(odd.sum) - open_offset;
    }
    for (const auto& row : rows) hosts_.end(row);
    if (learning_) open_network_ = hosts_.sources_active() < open_sources;
}

void Baseline::inspect(Interval at, std::span<const Row> rows, std::vector<Candidate>& out, std::span<float> scores) {
    double events = 0;
    NodeId highest = 0;
    for (const auto& row : rows) {
        events += row.count;
        highest = std::max({highest, row.source, row.destination});
    }
    if (graph_.size() <= highest) graph_.resize(std::size_t(highest) + 1);
    advance(at, rows.size(), events);
    if (learning_ || !open_network_) inspect_mesh(rows, out);
    if (options_.may_be_open && (learning_ || open_network_)) inspect_open(rows, out, !scores.empty());
    week_.add(events);
    last_ = now_.at;
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = seen_[i].odd;
}

}  // namespace meshwarden::anomaly

#include "tests/bench/detector/mesh.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "tests/bench/detector/random.hpp"

namespace meshwarden::bench {
namespace {

constexpr int ticks_a_day = 288, ticks_an_hour = 12, learning_days = 7;
using Pair = std::pair<int, int>;

enum class Manner { steady, rare, timed };
struct Flow {
    int source = 0, destination = 0;
    double rate = 0;
    Manner manner = Manner::steady;
    int from = 0, until = 0;
    double swing = 0, phase = 0, weekend = 1, shape = 9;
    int timed_hour = 0, timed_ticks = 1;
    double drift = 0;
};
struct Change {  // of some flows for a while
    int from = 0, until = 0, attack = 0;
    std::set<int> flows;
    double factor = 1;
    enum { times, rising, daytime, none } how = times;
};
struct Extra { int at = 0; Pair pair; int count = 0, attack = 0; };

class Mesh {
public:
    explicit Mesh(const MeshSettings& settings)
        : settings_(settings), random_(settings.seed), ticks_(settings.days * ticks_a_day) {
        build_services();
        build_flows();
        deploy();
        disturb();
        attack();
    }
    Stream play();

private:
    bool weekday(int tick) const { return tick / ticks_a_day % 7 < 5; }
    int any_tick(int from, int to) { return from + int(random_.below(std::max(1, to - from))); }
    void build_services();
    void build_flows();
    void add_flow(int source, int destination, double rate, Manner manner, int from);
    int callee(int source, bool strict);
    void deploy();
    void disturb();
    void attack();
    void attack_edges(const std::string& family, int id, int at);
    void attack_flow(const std::string& family, int id, int at);
    Pair fresh_pair();
    void put(int at, Pair pair, int count, int attack) {
        if (at < ticks_ && pair.first != pair.second) extras_.push_back({at, pair, count, attack});
    }
    double mean_of(const Flow& flow, int tick) const;

    MeshSettings settings_;
    Random random_;
    int ticks_;
    std::vector<int> tier_, space_;
    std::set<int> shared_;
    std::vector<double> phase_;
    std::vector<Flow> flows_;
    std::map<Pair, int> known_;
    std::vector<Change> changes_;
    std::vector<Extra> extras_;
    std::vector<Attack> attacks_;
};

void Mesh::build_services() {
    const int n = settings_.workloads;
    for (int i = 0; i < n; ++i) {
        const double place = double(i) / n;
        tier_.push_back(i == 0 ? 0 : place < .12 ? 1 : place < .5 ? 2 : place < .82 ? 3 : 4);
        space_.push_back(i == 0 ? -1 : int(random_.below(std::max(3, n / 30))));
        phase_.push_back(random_.normal(0, 1.5));
    }
    while (int(shared_.size()) < std::max(4, n / 50)) shared_.insert(n / 2 + int(random_.below(n / 2)));
}

void Mesh::add_flow(int source, int destination, double rate, Manner manner, int from) {
    if (source == destination || known_.contains({source, destination})) return;
    known_[{source, destination}] = int(flows_.size());
    Flow flow{source, destination, rate, manner, from, ticks_};
    flow.swing = random_.uniform(.3, .95);
    flow.phase = phase_[std::size_t(source)] + random_.normal(0, .4);
    flow.weekend = random_.uniform(.35, 1);
    flow.shape = std::exp(random_.normal(2.2, .8));
    flow.timed_hour = int(random_.below(24));
    flow.timed_ticks = 1 + int(random_.below(5));
    flows_.push_back(flow);
}

int Mesh::callee(int source, bool strict) {
    std::vector<double> weights(std::size_t(settings_.workloads), 0);
    for (int i = 1; i < settings_.workloads; ++i) {
        const auto at = std::size_t(i);
        const bool below = tier_[at] > tier_[std::size_t(source)] ||
                           (tier_[at] == tier_[std::size_t(source)] && (!strict || i > source));
        if (below && i != source)
            weights[at] = (space_[at] == space_[std::size_t(source)] ? 8 : 1) * (shared_.contains(i) ? 6 : 1);
    }
    return int(random_.weighted(weights));
}

void Mesh::build_flows() {
    constexpr double callees[] = {0, 3.2, 2.4, 1.6, .6};
    for (int i = 1; i < settings_.workloads; ++i) {
        if (tier_[std::size_t(i)] == 1) add_flow(0, i, std::exp(random_.normal(5.5, 1.3)), Manner::steady, 0);
        for (int k = 1 + int(random_.poisson(callees[tier_[std::size_t(i)]])); k > 0; --k) {
            const auto manner = Manner(random_.weighted({.68, .24, .08}));
            const double rate = manner == Manner::steady ? random_.normal(4, 1.9)
                                : manner == Manner::rare ? random_.normal(-2.5, 1)
                                                         : random_.normal(3.5, 1);
            add_flow(i, callee(i, true), std::exp(rate), manner, 0);
        }
    }
}

void Mesh::deploy() {
    for (int day = 0; day < settings_.days; ++day) {
        const bool work = weekday(day * ticks_a_day);
        for (auto n = random_.poisson(work ? 6 : .7); n > 0; --n) {
            const int at = day * ticks_a_day + any_tick(9 * ticks_an_hour, 18 * ticks_an_hour),
                      source = 1 + int(random_.below(settings_.workloads - 1));
            for (auto k = std::max<std::int64_t>(0, random_.below(6) - 2); k > 0; --k)
                add_flow(source, callee(source, false), std::exp(random_.normal(3, 1.8)),
                         random_.uniform() < .8 ? Manner::steady : Manner::rare, at);
            if (random_.uniform() < .08)
                for (auto& flow : flows_)
                    if (flow.source == source && flow.from < at && flow.until == ticks_) { flow.until = at; break; }
        }
        for (auto n = random_.poisson(work ? .5 : .1); n > 0; --n)  // somebody tries something by hand
            put(day * ticks_a_day + any_tick(9 * ticks_an_hour, 18 * ticks_an_hour), fresh_pair(),
                1 + int(random_.poisson(4)), 0);
    }
}

void Mesh::disturb() {
    for (int day = 0; day < settings_.days; ++day) {
        if (random_.uniform() < .35) {  // a spike of one frontend runs through what lies below it
            Change spike{day * ticks_a_day + any_tick(0, ticks_a_day), 0, 0, {}, random_.uniform(1.6, 4)};
            spike.until = spike.from + any_tick(6, 36);
            std::set<int> reached{1 + int(random_.below(settings_.workloads / 9))};
            for (int depth = 0; depth < 3; ++depth)
                for (std::size_t i = 0; i < flows_.size(); ++i)
                    if (reached.contains(flows_[i].source) && depth < 2) reached.insert(flows_[i].destination);
            for (std::size_t i = 0; i < flows_.size(); ++i)
                if (reached.contains(flows_[i].source)) spike.flows.insert(int(i));
            changes_.push_back(spike);
        }
        if (random_.uniform() < .3) {  // a retry storm on one edge
            const int at = day * ticks_a_day + any_tick(0, ticks_a_day);
            changes_.push_back({at,
                                at + any_tick(1, 9),
                                0,
                                {int(random_.below(std::int64_t(flows_.size())))},
                                random_.uniform(1.5, 3)});
        }
    }
}

Pair Mesh::fresh_pair() {
    for (;;) {
        const int source = 1 + int(random_.below(settings_.workloads - 1)),
                  destination = 1 + int(random_.below(settings_.workloads - 1));
        if (source != destination && tier_[std::size_t(destination)] >= 2 && !known_.contains({source, destination}))
            return {source, destination};
    }
}

void Mesh::attack_edges(const std::string& family, int id, int at) {
    const auto n = settings_.workloads;
    auto pair = fresh_pair();
    int end = at + 3;
    if (family == "lateral") {
        end = at;
        for (auto hops = 1 + random_.below(3); hops > 0; --hops) {
            put(end, pair, 1 + int(random_.poisson(3)), id);
            end += any_tick(1, 6);
            for (int next = pair.second; ; ) {
                pair = {next, 1 + int(random_.below(n - 1))};
                if (!known_.contains(pair) && pair.first != pair.second) break;
            }
        }
    } else if (family == "scan") {
        for (auto k = 12 + random_.below(48); k > 0; --k)
            put(at + any_tick(0, 3), {pair.first, 1 + int(random_.below(n - 1))}, 1 + int(random_.poisson(1)), id);
    } else if (family == "slow-scan") {
        for (end = at; end < at + ticks_a_day * 3 / 2; end += any_tick(4, 20))
            put(end, {pair.first, 1 + int(random_.below(n - 1))}, 1 + int(random_.poisson(1)), id);
    } else {
        const int period = any_tick(1, 7);
        for (end = at; end < at + ticks_a_day; end += period) put(end, pair, 1 + int(random_.poisson(.5)), id);
    }
    attacks_.push_back({id, family, at, end, anomaly::NodeId(pair.first), anomaly::NodeId(pair.second)});
}

void Mesh::attack_flow(const std::string& family, int id, int at) {
    const bool off_hours = family == "off-hours";
    for (int tries = 0; tries < 10000; ++tries) {
        const int i = int(random_.below(std::int64_t(flows_.size())));
        const auto& flow = flows_[std::size_t(i)];
        if (flow.manner != Manner::steady || flow.from > at - 3 * ticks_a_day || flow.until < ticks_ ||
            flow.rate < (off_hours ? 20 : 8) || (off_hours && flow.swing < .75))
            continue;
        Change change{at, at + any_tick(ticks_an_hour, 6 * ticks_an_hour), id, {i}, 0, Change::none};
        if (family == "burst") change = {at, at + any_tick(3, 13), id, {i}, random_.uniform(3, 12), Change::times};
        if (family == "ramp")
            change = {at,
                      at + any_tick(ticks_a_day / 2, ticks_a_day * 3 / 2),
                      id,
                      {i},
                      random_.uniform(5, 10),
                      Change::rising};
        if (off_hours) {
            const int trough = int(std::fmod(3 + flow.phase + 24, 24) * ticks_an_hour);
            change = {at / ticks_a_day * ticks_a_day + trough, 0, id, {i}, 1.2, Change::daytime};
            change.until = change.from + any_tick(ticks_an_hour, 2 * ticks_an_hour);
        }
        changes_.push_back(change);
        attacks_.push_back(
            {id, family, change.from, change.until, anomaly::NodeId(flow.source), anomaly::NodeId(flow.destination)});
        return;
    }
}

void Mesh::attack() {
    int id = 0;
    for (const std::string family : {"lateral", "scan", "slow-scan", "beacon", "burst", "ramp", "off-hours", "vanish"})
        for (int k = 0; k < settings_.attacks_a_family; ++k) {
            const int at = any_tick(learning_days * ticks_a_day + ticks_a_day / 4, ticks_ - ticks_a_day);
            if (family == "lateral" || family == "beacon" || family.ends_with("scan")) attack_edges(family, ++id, at);
            else attack_flow(family, ++id, at);
        }
}

double Mesh::mean_of(const Flow& flow, int tick) const {
    if (tick < flow.from || tick >= flow.until) return 0;
    const double hour = double(tick % ticks_a_day) / ticks_an_hour;
    const auto begin = flow.timed_hour * ticks_an_hour;
    if (flow.manner == Manner::timed)
        return tick % ticks_a_day >= begin && tick % ticks_a_day < begin + flow.timed_ticks ? flow.rate : 0;
    const double season = 1 + flow.swing * std::cos((hour - 15 - flow.phase) / 24 * 2 * std::numbers::pi);
    return flow.rate * season * (weekday(tick) ? 1 : flow.weekend) * std::exp(flow.drift);
}

Stream Mesh::play() {
    Stream stream;
    stream.name = "mesh, seed " + std::to_string(settings_.seed);
    for (int i = 0; i < settings_.workloads; ++i) stream.names.push_back(std::to_string(i));
    std::ranges::sort(extras_, {}, &Extra::at);
    std::vector<double> node_drift(std::size_t(settings_.workloads), 0.0);
    std::map<Pair, std::pair<float, int>> carried;
    for (int tick = 0; tick < ticks_; ++tick) {
        for (auto& drift : node_drift) drift = .995 * drift + random_.normal(0, .012);
        auto rows = std::move(carried);
        carried.clear();
        for (std::size_t i = 0; i < flows_.size(); ++i) {
            auto& flow = flows_[i];
            flow.drift = .999 * flow.drift + random_.normal(0, .006);
            double mean = mean_of(flow, tick) * std::exp(node_drift[std::size_t(flow.source)]);
            int attack = 0;
            for (const auto& change : changes_) {
                if (tick < change.from || tick >= change.until || !change.flows.contains(int(i))) continue;
                if (change.how == Change::times) mean *= change.factor;
                if (change.how == Change::rising)
                    mean *= std::pow(change.factor, double(tick - change.from) / (change.until - change.from));
                if (change.how == Change::daytime) mean = std::max(mean, change.factor * flow.rate);
                if (change.how == Change::none) mean = 0;
                if (change.attack) attack = change.attack;
            }
            const auto count = random_.events(mean, flow.shape);
            if (count > 0) {
                auto& row = rows[{flow.source, flow.destination}];
                row.first += float(count);
                if (attack) row.second = attack;
            }
        }
        for (const auto& extra : extras_) {
            if (extra.at != tick) continue;
            auto& row = rows[extra.pair];
            row.first += float(extra.count);
            if (extra.attack) row.second = extra.attack;
        }
        if (random_.uniform() < .002) { carried = std::move(rows); continue; }  // nobody saw this one
        for (const auto& [pair, row] : rows)
            stream.rows.push_back(
                {tick + 1, anomaly::NodeId(pair.first), anomaly::NodeId(pair.second), row.first, row.second});
    }
    for (auto& attack : attacks_) ++attack.from, ++attack.to;
    stream.attacks = attacks_;
    stream.judged_from = learning_days * ticks_a_day + 1;
    stream.until = ticks_;
    return stream;
}

}  // namespace

Stream make_mesh(const MeshSettings& settings) { return Mesh(settings).play(); }

}  // namespace meshwarden::bench

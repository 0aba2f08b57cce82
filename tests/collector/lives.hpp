// Random lives of proxies, read by random polls: what a fold counts, and what a slow reference that knows when every
// process began says that it must.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "tests/collector/fold_bench.hpp"

namespace meshwarden::collector::lives {

inline constexpr double begin = 1000;

struct Scrape {
    double time;
    bool good;
    double started;               // of the process
    std::map<int, double> values;  // series that exist -> value
};

struct Target {
    std::string instance;
    std::vector<Scrape> scrapes;
};

// A proxy that restarts, fails to be scraped, and whose series come with their first event or stand at 0.
template <class Random>
Target live(Random& random, int index, double until) {
    const auto chance = [&](double p) { return std::uniform_real_distribution<>(0, 1)(random) < p; };
    Target target{"t" + std::to_string(index), {}};
    double started = -std::uniform_real_distribution<>(100, 10000)(random);
    std::map<int, double> values = {{0, 5}, {1, 0}};
    bool down = false;
    for (double time = begin + std::uniform_real_distribution<>(0, 15)(random); time < until; time += 15) {
        const bool settled = time > begin + 60;  // what a process did before anybody looked is another test's question
        if (chance(0.04) && settled && time - started > 60) {
            started = time - std::uniform_real_distribution<>(1, 14)(random);
            values.clear();
        }
        for (int series = 0; series < 4; ++series)
            if (chance(0.2)) values[series] += std::uniform_int_distribution<>(1, 20)(random);
        down = settled && (down ? chance(0.7) : chance(0.04));
        target.scrapes.push_back({time, !down, started, values});
    }
    return target;
}

// What came between the good scrapes, by who knows when processes began.
inline double reference(const Target& target) {
    double sum = 0;
    const Scrape* before = nullptr;
    std::map<int, std::pair<double, double>> last;  // series -> (process start, value)
    for (const auto& scrape : target.scrapes) {
        if (!scrape.good) continue;
        for (const auto& [series, value] : scrape.values) {
            const auto known = last.find(series);
            const bool same_process = known != last.end() && known->second.first == scrape.started;
            if (before != nullptr) sum += same_process ? value - known->second.second : value;
            last[series] = {scrape.started, value};
        }
        before = &scrape;
    }
    return sum;
}

inline std::vector<TestSeries> samples(const Target& target, int series, double from, double to) {
    TestSeries one{{{"__name__", "events"}, {"instance", target.instance}, {"series", std::to_string(series)}}, {}};
    for (const auto& scrape : target.scrapes) {
        if (scrape.good && scrape.time >= from && scrape.time <= to && scrape.values.contains(series))
            one.samples.emplace_back(scrape.time, scrape.values.at(series));
    }
    if (one.samples.empty()) return {};
    return {one};
}

inline void add_facts(FoldBench& bench, const Target& target, double from, double to) {
    TestSeries up{{{"instance", target.instance}}, {}};
    TestSeries uptime{{{"__name__", "envoy_server_uptime"}, {"instance", target.instance}}, {}};
    for (const auto& scrape : target.scrapes) {
        if (scrape.time < from || scrape.time > to) continue;
        up.samples.emplace_back(scrape.time, scrape.good ? 1 : 0);
        if (scrape.good) uptime.samples.emplace_back(scrape.time, std::floor((scrape.time - scrape.started) / 5) * 5);
    }
    bench.up({up});
    bench.uptimes({uptime});
}

// What a fold counts that reads them in pieces of random length, in random order.
template <class Random>
double fold_all(const std::vector<Target>& targets, double until, Random& random) {
    double counted = 0;
    FoldBench bench;
    bench.known_from = at(begin);
    double read_to = begin;
    while (read_to < until) {
        const double to = read_to + std::uniform_real_distribution<>(1, 90)(random);
        const double margin = std::uniform_real_distribution<>(2, 30)(random);
        FoldBench step = bench;  // facts are of one round
        std::vector<TestSeries> series;
        for (const auto& target : targets) {
            add_facts(step, target, to - 3600, to);
            for (int i = 0; i < 4; ++i)
                for (auto& one : samples(target, i, read_to - margin, to)) series.push_back(std::move(one));
        }
        std::shuffle(series.begin(), series.end(), random);
        counted += total(step.read(series));
        bench.take_over(step);
        read_to = to;
    }
    return counted;
}

}  // namespace meshwarden::collector::lives

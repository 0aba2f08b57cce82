#include "tests/bench/detector/judge.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace meshwarden::bench {

using anomaly::no_node;

Judge::Judge(const Stream& stream) : stream_(stream) {
    for (const auto& row : stream.rows) {
        if (!row.attack) continue;
        edges_[key(row.source, row.destination, hour_of(row.at))] = row.attack;
        sources_[key(row.source, 0, hour_of(row.at))] = row.attack;
        destinations_[key(row.destination, 0, hour_of(row.at))] = row.attack;
    }
    for (const auto& attack : stream.attacks) {
        attacks_[attack.id] = &attack;
        if (attack.family != silence_family) continue;
        for (auto hour = hour_of(attack.from); hour <= hour_of(attack.to) + 1; ++hour)
            edges_.try_emplace(key(attack.source, attack.destination, hour), attack.id);
    }
}

std::int64_t Judge::hour_of(std::int64_t at) const { return std::int64_t(std::floor(double(at) / stream_.per_hour())); }

std::uint64_t Judge::key(std::uint64_t a, std::uint64_t b, std::int64_t hour) {
    return (a * 1'000'003 + b) * 100'003 + std::uint64_t(hour);
}

int Judge::attack_of(const Alert& alert) const {
    const auto hour = hour_of(alert.at);
    const auto look = [](const auto& map, std::uint64_t at) {
        const auto found = map.find(at);
        return found == map.end() ? 0 : found->second;
    };
    if (alert.destination == no_node) return look(sources_, key(alert.source, 0, hour));
    if (alert.source == no_node) return look(destinations_, key(alert.destination, 0, hour));
    return look(edges_, key(alert.source, alert.destination, hour));
}

Recall Judge::at_budget(const std::vector<Alert>& alerts, double false_a_day) const {
    std::unordered_map<std::uint64_t, double> false_ones;
    for (const auto& alert : alerts) {
        if (alert.at < stream_.judged_from || attack_of(alert)) continue;
        auto [place, fresh] =
            false_ones.try_emplace(key(alert.source, alert.destination, hour_of(alert.at)), alert.odd);
        if (!fresh) place->second = std::max(place->second, alert.odd);
    }
    std::vector<double> odds;
    for (const auto& [at, odd] : false_ones) odds.push_back(odd);
    std::ranges::sort(odds, std::greater<>());
    const auto most = std::size_t(false_a_day * stream_.judged_days());
    return at_threshold(alerts, most < odds.size() ? odds[most] : -1e300);
}

Recall Judge::at_threshold(const std::vector<Alert>& alerts, double odd) const {
    std::map<int, std::int64_t> found;
    std::set<std::uint64_t> false_ones;
    for (const auto& alert : alerts) {
        if (alert.at < stream_.judged_from || !(alert.odd > odd)) continue;
        const int attack = attack_of(alert);
        if (!attack) { false_ones.insert(key(alert.source, alert.destination, hour_of(alert.at))); continue; }
        const auto [place, fresh] = found.try_emplace(attack, alert.at);
        if (!fresh) place->second = std::min(place->second, alert.at);
    }
    Recall recall;
    recall.threshold = odd;
    recall.false_a_day = double(false_ones.size()) / stream_.judged_days();
    std::map<std::string, std::pair<int, int>> families;
    std::vector<double> delays;
    for (const auto& attack : stream_.attacks) {
        auto& [hit, of] = families[attack.family];
        ++of;
        if (const auto it = found.find(attack.id); it != found.end()) {
            ++hit;
            delays.push_back(std::max(0.0, double(it->second - attack.from) * stream_.interval_seconds / 60));
        }
    }
    int hits = 0;
    for (const auto& [family, count] : families) {
        recall.families[family] = double(count.first) / count.second;
        recall.macro += recall.families[family] / double(families.size());
        hits += count.first;
    }
    recall.all = double(hits) / double(std::max<std::size_t>(stream_.attacks.size(), 1));
    std::ranges::sort(delays);
    if (!delays.empty())
        recall.delay_median = delays[delays.size() / 2],
        recall.delay_p90 = delays[std::min(delays.size() - 1, delays.size() * 9 / 10)];
    return recall;
}

std::vector<Alert> Judge::alerts_of(const std::vector<float>& scores) const {
    std::unordered_map<std::uint64_t, std::size_t> place;
    std::vector<Alert> alerts;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const auto& row = stream_.rows[i];
        if (row.at < stream_.judged_from) continue;
        // An attack's rows apart from the benign ones of their hour; of each the oddest, and the first of equals.
        const auto at = key(row.source, row.destination, hour_of(row.at)) * 64 + std::uint64_t(row.attack % 61);
        const auto [found, fresh] = place.try_emplace(at, alerts.size());
        if (fresh) alerts.push_back({row.at, row.source, row.destination, scores[i], ""});
        else if (scores[i] > alerts[found->second].odd) alerts[found->second].odd = scores[i];
    }
    return alerts;
}

std::pair<double, double> Judge::auc_ap(const std::vector<float>& scores, bool by_events) const {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < scores.size(); ++i)
        if (stream_.rows[i].at >= stream_.judged_from) order.push_back(i);
    std::ranges::sort(order, [&](auto a, auto b) { return scores[a] > scores[b]; });
    double positives = 0, negatives = 0, area = 0, precision = 0, all = 0;
    for (const auto i : order) (stream_.rows[i].attack ? all : negatives) += by_events ? stream_.rows[i].count : 1;
    double passed = 0;
    for (std::size_t i = 0; i < order.size();) {
        double tied_good = 0, tied_bad = 0;
        const auto score = scores[order[i]];
        for (; i < order.size() && scores[order[i]] == score; ++i)
            (stream_.rows[order[i]].attack ? tied_good : tied_bad) += by_events ? stream_.rows[order[i]].count : 1;
        area += tied_bad * (positives + tied_good / 2);
        positives += tied_good;
        passed += tied_bad;
        if (tied_good > 0) precision += tied_good * positives / (positives + passed);
    }
    return {area / std::max(1.0, all * negatives), precision / std::max(1.0, all)};
}

}  // namespace meshwarden::bench

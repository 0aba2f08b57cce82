#include "collector/edges.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "collector/rollouts.hpp"

namespace meshwarden::collector {
namespace {

constexpr int cost_share = 10;  // a question may take a tenth of the time between two of its kind
constexpr Duration longest_wait = std::chrono::seconds(60);
constexpr std::string_view uptimes_signal = "rollouts", failing_signal = "targets";  // in our metrics

std::string edge_query(const SignalPart& part, const Extractor& extract) {
    auto names = extract.labels_read();
    for (const char* name : {"cluster", "reporter", "request_protocol", "connection_security_policy"}) names.emplace_back(name);
    std::ranges::sort(names);
    const auto repeated = std::ranges::unique(names);
    names.erase(repeated.begin(), repeated.end());
    return fmt::format("sum by ({}) ({})", fmt::join(names, ", "), part.selector);
}

Labels edge_labels(const Extractor& extract, const Metric& metric) {
    Labels labels = extract(metric);
    if (!labels.has("protocol")) labels.set("protocol", metric.get("request_protocol"));
    if (!labels.has("mtls") && metric.get("connection_security_policy") != "unknown") {
        labels.set("mtls", metric.get("connection_security_policy"));
    }
    if (metric.get("reporter") == "source") labels.set("reporter", "source");
    return labels;
}

// Of a counter that some proxy shows: nobody can reckon with more.
bool countable(const Sample* sample) { return sample && sample->value >= 0 && sample->value <= 1e15; }

std::vector<Labels> failing_at(const Answer& up, Time at) {
    std::vector<Labels> failing;
    for (std::size_t i = 0; i < up.size(); ++i)
        if (sample_at(up.samples(i), at)) failing.push_back(up.metric(i).materialise());
    return failing;
}

}  // namespace

void EdgeTotals::add(const Extractor& extract, const Answer& answer) {
    for (std::size_t i = 0; i < answer.size(); ++i)
        edges_[edge_labels(extract, answer.metric(i))].push_back(answer.samples(i));
}

void EdgeTotals::fill(Snapshot& snapshot, std::optional<Time> at) const {
    for (const auto& [labels, all] : edges_) {
        double total = 0;
        bool known = false;
        for (const auto samples : all) {
            const auto* sample = sample_at(samples, at);
            if (!countable(sample)) continue;
            known = true;
            total += sample->value;
        }
        if (known) snapshot.edges.push_back({labels, total});
    }
}

Edges::Edges(const std::vector<SignalSpec>& signals, const Options& options) : cluster_(options.cluster) {
    for (const auto& signal : signals) {
        if (!signal.edges) continue;
        if (signal.interval) interval_ = std::max(interval_.value_or(Duration{0}), *signal.interval);
        for (const auto& part : signal.parts) {
            Extractor extract(part.labels, options.trust_domains, options.cluster);
            const std::string query = edge_query(part, extract);
            parts_.push_back({signal.name, query, std::move(extract), 0, std::nullopt, std::nullopt, 0});
        }
    }
}

void Edges::ask(Time at, Questions& questions) {
    asked_ = !parts_.empty() && at >= due_;
    if (!asked_) return;
    asked_at_ = at;
    for (auto& part : parts_) part.id = questions.ask(part.query, at, part.signal);
    uptimes_ = questions.ask(std::string(uptimes_question), at, uptimes_signal);
}

void Edges::take(const Questions& questions, Snapshot& snapshot) {
    if (!asked_) return;
    Duration slowest{0};
    EdgeTotals totals;
    bool whole = true;
    for (auto& part : parts_) {
        slowest = std::max(slowest, questions.took(part.id));
        const Outcome& outcome = questions[part.id];
        part.failure = outcome ? std::nullopt : std::optional(outcome.error());
        whole = whole && outcome;
        if (!outcome) continue;
        double total = 0;
        for (std::size_t i = 0; i < outcome->size(); ++i)
            if (const auto* sample = sample_at(outcome->samples(i), {}); countable(sample))
                total += sample->value;
        totals.add(part.extract, *outcome);
        // Pods that go take their counts with them: the sum may fall.
        part.events = std::max(0.0, total - std::exchange(part.total, total).value_or(total));
    }
    due_ = asked_at_ + interval_.value_or(std::min(longest_wait, cost_share * slowest));
    snapshot.edges_answered = whole;
    if (!whole) return;
    totals.fill(snapshot, {});
    if (const auto& uptimes = questions[uptimes_]) snapshot.rolled_out = Rollouts(*uptimes, cluster_).at({});
}

std::expected<std::size_t, Cause> Edges::read_past(const Door& door, const TimeRange& range,
                                                   const std::function<void(Snapshot)>& take,
                                                   std::stop_token stop) const {
    std::vector<RangeQuestion> questions{{std::string(uptimes_question), uptimes_signal},
                                         {"up == 0", failing_signal}};
    for (const auto& part : parts_) questions.push_back({part.query, part.signal});
    const auto answers = ask_range(door, questions, range, stop);
    for (const auto& answer : answers)
        if (!answer) return std::unexpected(answer.error());
    EdgeTotals totals;
    std::size_t series = 0;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        totals.add(parts_[i].extract, *answers[i + 2]);
        series += answers[i + 2]->size();
    }
    const Rollouts rollouts(*answers[0], cluster_);
    for (Time at = range.from; at <= range.to && !stop.stop_requested(); at += range.step) {
        Snapshot snapshot;
        snapshot.prometheus = door.options.name;
        snapshot.reachable = true;
        snapshot.at = at;
        totals.fill(snapshot, at);
        if (snapshot.edges.empty()) continue;
        snapshot.edges_answered = true;
        snapshot.rolled_out = rollouts.at(at);
        snapshot.failing_targets = failing_at(*answers[1], at);
        take(std::move(snapshot));
    }
    return series;
}

double Edges::events(std::string_view signal) const {
    double events = 0;
    for (const auto& part : parts_)
        if (part.signal == signal) events += part.events;
    return events;
}

std::optional<Cause> Edges::failure(std::string_view signal) const {
    for (const auto& part : parts_)
        if (part.signal == signal && part.failure) return part.failure;
    return std::nullopt;
}

}  // namespace meshwarden::collector

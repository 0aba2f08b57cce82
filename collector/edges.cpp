#include "collector/edges.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace meshwarden::collector {
namespace {

constexpr int cost_share = 10;  // a question may take a tenth of the time between two of its kind
constexpr Duration longest_wait = std::chrono::seconds(60);

std::string edge_query(const SignalPart& part, const Extractor& extract) {
    auto names = extract.labels_read();
    for (const char* name : {"cluster", "request_protocol", "connection_security_policy"}) names.emplace_back(name);
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
    return labels;
}

}  // namespace

Edges::Edges(const std::vector<SignalSpec>& signals, const Options& options) {
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
}

void Edges::take(const Questions& questions, Snapshot& snapshot) {
    if (!asked_) return;
    Duration slowest{0};
    std::map<Labels, double> totals;
    bool whole = true;
    for (auto& part : parts_) {
        slowest = std::max(slowest, questions.took(part.id));
        const Outcome& outcome = questions[part.id];
        part.failure = outcome ? std::nullopt : std::optional(outcome.error());
        whole = whole && outcome;
        if (!outcome) continue;
        double total = 0;
        for (std::size_t i = 0; i < outcome->size(); ++i) {
            const auto samples = outcome->samples(i);
            if (samples.empty() || !std::isfinite(samples.back().value)) continue;
            total += samples.back().value;
            totals[edge_labels(part.extract, outcome->metric(i))] += samples.back().value;
        }
        // Pods that go take their counts with them: the sum may fall.
        part.events = std::max(0.0, total - std::exchange(part.total, total).value_or(total));
    }
    due_ = asked_at_ + interval_.value_or(std::min(longest_wait, cost_share * slowest));
    snapshot.edges_answered = whole;
    if (!whole) return;
    for (auto& [labels, total] : totals) snapshot.edges.push_back({labels, total});
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

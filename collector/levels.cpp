#include "collector/levels.hpp"

#include <cmath>

#include "collector/promql.hpp"
#include "collector/rows.hpp"

namespace meshwarden::collector {

Levels::Levels(std::string selector, Describe describe)
    : selector_(std::move(selector)), describe_(std::move(describe)) {}

void Levels::ask(Time at, Duration history, std::string_view signal, Questions& questions) {
    at_ = at;
    now_ = questions.ask(selector_, at, signal);
    history_.reset();
    if (!history_read_) history_ = questions.ask(with_range(selector_, history), at, signal);
}

Levels::Known& Levels::known(const Metric& metric) {
    const auto [entry, fresh] = known_.try_emplace(series_key(metric.labels()));
    if (fresh) entry->second = {describe_(metric), target_key(metric), Time{}};
    return entry->second;
}

void Levels::take_history(const Answer& answer, std::vector<SeriesUpdate>& updates) {
    for (std::size_t i = 0; i < answer.size(); ++i) {
        Known& series = known(answer.metric(i));
        SeriesUpdate update{series.series, {}};
        for (const auto& [at, value] : answer.samples(i))
            if (std::isfinite(value) && at < at_) update.points.push_back({at, value, 0, 0});
        if (!update.points.empty()) series.seen = update.points.back().at;
        updates.push_back(std::move(update));
    }
    history_read_ = true;
}

std::optional<Cause> Levels::take(const Questions& questions, const std::unordered_set<std::uint64_t>& failing,
                                  std::vector<SeriesUpdate>& updates) {
    if (history_ && !questions[*history_]) return questions[*history_].error();
    if (!questions[now_]) return questions[now_].error();
    if (history_) take_history(*questions[*history_], updates);
    const Answer& answer = *questions[now_];
    for (std::size_t i = 0; i < answer.size(); ++i) {
        if (answer.samples(i).empty() || !std::isfinite(answer.samples(i).back().value)) continue;
        Known& series = known(answer.metric(i));
        series.seen = at_;
        updates.push_back({series.series, {{at_, answer.samples(i).back().value, 0, 0}}, false});
    }
    std::erase_if(known_, [&](const auto& entry) {
        const Known& series = entry.second;
        if (series.seen == at_) return false;
        if (failing.contains(series.target)) {
            updates.push_back({series.series, {}, false, at_});
            return false;
        }
        // What only the history shows ended with its last sample.
        const Time end = history_ ? series.seen + std::chrono::milliseconds(1) : at_;
        updates.push_back({series.series, {{end, 0, 0, 0}}, true});
        return true;
    });
    return std::nullopt;
}

}  // namespace meshwarden::collector

#include "collector/coverage.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "collector/promql.hpp"
#include "collector/targets.hpp"

namespace meshwarden::collector {

std::string live_question(const SignalSpec& spec, const SignalPart& part) {
    if (!part.live.empty()) return part.live;
    const bool tail = spec.kind == SignalKind::histogram_tail;
    return fmt::format("count by (cluster, job, instance) ({})", tail ? with_suffix(part.selector, "_count") : part.selector);
}

Liveness::Liveness(std::string live, std::string expected, bool on_demand)
    : live_(std::move(live)), expected_(std::move(expected)), on_demand_(on_demand) {}

void Liveness::ask(Time at, std::string_view signal, Questions& questions) {
    asked_at_ = at;
    asked_live_ = questions.ask(live_, at, signal);
    if (!expected_.empty()) asked_expected_ = questions.ask(expected_, at, signal);
}

Liveness::Keys Liveness::keys(const Answer& answer) {
    constexpr std::size_t max_shapes = 8;
    Keys keys;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const auto labels = answer.metric(i).labels();
        const auto key = series_key(labels, "__name__");
        keys.insert(key);
        remembered_[key] = asked_at_;
        if (shapes_.size() >= max_shapes) continue;
        std::vector<std::string> names;
        for (const auto& label : labels)
            if (label.name != "__name__") names.emplace_back(label.name);
        shapes_.insert(std::move(names));
    }
    return keys;
}

void Liveness::take(const Questions& questions) {
    if (!asked_live_) return;
    const auto live = std::exchange(asked_live_, std::nullopt);
    const auto expected = std::exchange(asked_expected_, std::nullopt);
    failure_.reset();
    if (!questions[*live]) failure_ = questions[*live].error();
    if (expected && !questions[*expected]) failure_ = questions[*expected].error();
    if (failure_) return;
    live_now_ = keys(*questions[*live]);
    targets_.clear();
    for (std::size_t i = 0; i < questions[*live]->size(); ++i)
        targets_.push_back(target_key(questions[*live]->metric(i)));
    expected_now_ = expected ? keys(*questions[*expected]) : live_now_;
    if (on_demand_ && !live_now_.empty()) live_now_.insert(expected_now_.begin(), expected_now_.end());
    checked_at_ = asked_at_;
    std::erase_if(remembered_, [&](const auto& entry) { return asked_at_ - entry.second > Targets::memory; });
}

Seen Liveness::seen(const std::vector<Labels>& failing) const {
    Keys failing_keys;
    for (const auto& target : failing) {
        for (const auto& shape : shapes_) {
            std::vector<LabelView> labels;
            for (const auto& name : shape)
                if (target.has(name)) labels.push_back({name, target.get(name)});
            if (!labels.empty() && labels.size() == shape.size()) failing_keys.insert(series_key(labels));
        }
    }
    const auto fails = [&](std::uint64_t key) { return failing_keys.contains(key); };
    Seen seen;
    seen.covered = int(live_now_.size() - std::size_t(std::ranges::count_if(live_now_, fails)));
    seen.expected = int(expected_now_.size());
    for (const auto key : failing_keys)
        if (remembered_.contains(key) && !expected_now_.contains(key)) ++seen.expected;
    seen.expected = std::max(seen.expected, seen.covered);
    return seen;
}

}  // namespace meshwarden::collector

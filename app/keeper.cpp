#include "app/keeper.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "app/loop_log.hpp"
#include "incidents/parts.hpp"
#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

constexpr Duration breath = std::chrono::milliseconds(25);  // between two parts: the courier wants the write lock too

Duration whole_seconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::seconds>(duration);
}

// Of our clock less that Prometheus': findings speak in its time.
Finding finding_of(const StoreTrouble& trouble, const incidents::Tick& tick) {
    const auto lasted = tick.now - trouble.since;
    Finding finding;
    finding.rule = Keeper::rule;
    finding.kind = IncidentKind::coverage;
    finding.severity = Severity::high;
    finding.subject = finding.labels = Labels{{"prometheus", tick.prometheus}};
    finding.value = double(lasted.count()) / 1000;
    finding.threshold = double(Keeper::told_after.count()) / 1000;
    finding.started_at = finding.crossed_at = tick.at - lasted;
    finding.calm_since = finding.ended_at = tick.at;
    finding.summary = fmt::format(
        "Meshwarden could not write its database for {}: what it saw meanwhile is told only now",
        to_string(whole_seconds(lasted)));
    finding.action = "Look at the disk and the file of Meshwarden's database";
    finding.techniques = {"T1562.001"};
    finding.evidence.taken_at = tick.at;
    finding.evidence.rule = {{"name", std::string(Keeper::rule)}, {"threshold", to_string(Keeper::told_after)}};
    finding.evidence.notes = {trouble.error};
    return finding;
}

}  // namespace

Keeper::Keeper(std::string prometheus, OpenStore open, Context context)
    : name_(std::move(prometheus)), open_(std::move(open)), context_(std::move(context)) {}

std::optional<std::vector<std::string>> Keeper::recall(const std::vector<std::string>& detectors) {
    if (!store_) {
        auto store = open_();
        if (!store) return begin_trouble(store.error().message), std::nullopt;
        store_ = std::move(*store);
    }
    auto cursor = store_->cursor(name_);
    if (!cursor) return begin_trouble(cursor.error().message), std::nullopt;
    std::vector<std::string> states;
    for (const auto& detector : detectors) {
        auto state = store_->detector_state(detector);
        if (!state) return begin_trouble(state.error().message), std::nullopt;
        states.push_back(std::move(*state));
    }
    cursor_ = *cursor;
    remembers_ = true;
    return states;
}

std::shared_ptr<const Expectations> Keeper::expectations() {
    if (store_)
        if (auto read = store_->expectations()) said_ = std::move(*read);
    auto holding = said_;
    std::erase_if(holding, [&](const Expectation& each) { return !each.holds(context_.clock.now()); });
    return holding.empty() ? nullptr : std::make_shared<const Expectations>(std::move(holding));
}

bool Keeper::keep(incidents::Tick tick, std::stop_token stop) {
    if (!remembers_) {
        context_.metrics.not_saved(name_);
        return false;
    }
    std::ranges::move(tick.findings, std::back_inserter(held_));
    tick.findings = std::exchange(held_, {});
    if (trouble_ && tick.now - trouble_->since >= told_after) add_trouble(tick);
    if (read_again_) {
        tick.reachable = false;  // the cursor stays
        tick.detector_states.clear();
        tick.ended_presences.clear();
    }
    const auto next_cursor = tick.reachable ? std::optional(tick.at) : cursor_;
    if (!commit(incidents::parts_of(std::move(tick)), stop)) return false;
    end_trouble();
    cursor_ = next_cursor;
    if (std::exchange(read_again_, false)) remembers_ = false;
    return true;
}

bool Keeper::commit(std::vector<incidents::Tick> parts, std::stop_token stop) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i > 0) context_.clock.sleep_until(context_.clock.now() + breath, stop);
        if (i > 0 && stop.stop_requested()) return false;
        const auto outcome = store_->commit(parts[i], context_.options);
        if (!outcome) {
            begin_trouble(outcome.error().message);
            context_.metrics.not_saved(name_);
            hold(std::span(parts).subspan(i));
            return false;
        }
        saved(*outcome);
    }
    return true;
}

void Keeper::hold(std::span<incidents::Tick> parts) {
    for (auto& part : parts)
        for (auto& finding : part.findings)
            if (finding.ended_at && finding.rule != rule) held_.push_back(std::move(finding));
    if (held_.size() <= most_held) return;
    held_.clear();
    if (!std::exchange(read_again_, true))
        spdlog::warn(log_text("more was found than is held in memory: it will be read again once the store is back",
                              {{"prometheus", name_}}));
}

void Keeper::saved(const incidents::TickOutcome& outcome) {
    if (outcome.notices > 0) context_.told();
    for (const auto& [kind, incident] : outcome.changes) {
        log_change(kind, incident);
        if (kind == EventKind::opened || kind == EventKind::reopened) context_.metrics.opened(incident);
    }
}

void Keeper::begin_trouble(const std::string& error) {
    if (outage_.failed(context_.clock.now()))
        spdlog::error(log_text("ticks are not saved, but kept in memory", {{"prometheus", name_}, {"error", error}}));
    trouble_ = StoreTrouble{trouble_ ? trouble_->since : context_.clock.now(), error};
}

void Keeper::end_trouble() {
    const auto past = outage_.succeeded(context_.clock.now());
    if (!past) return;
    spdlog::info(log_text("ticks are saved again", {{"prometheus", name_}, {"failures", std::to_string(past->failures)},
                                                    {"lasted", to_string(past->lasted)}}));
    trouble_.reset();
}

void Keeper::add_trouble(incidents::Tick& tick) const {
    tick.findings.push_back(finding_of(*trouble_, tick));
    tick.rules.push_back({.rule = std::string(rule), .health = RuleHealth::ok, .judged = true, .cause = {},
                          .threshold = double(told_after.count()) / 1000, .window = Duration{0}});
}

}  // namespace meshwarden::app

#include <fmt/ranges.h>

#include <algorithm>

#include "incidents/settle.hpp"

namespace meshwarden::incidents {
namespace {

bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

void follow_routes(Draft& draft, const Configured& configured, const Options& options) {
    auto& told = draft.incident().told;
    if (std::erase_if(told, [&](const auto& target) { return !holds(configured.targets, target); }) > 0) draft.moved();
    auto newcomers = targets_for(options.routes, routing_labels(draft.incident()));
    std::erase_if(newcomers, [&](const auto& target) { return holds(told, target); });
    if (newcomers.empty()) return;
    told.insert(told.end(), newcomers.begin(), newcomers.end());
    draft.step(EventKind::reminded, fmt::format("told to {} too, by the routes of now", fmt::join(newcomers, ", ")));
    draft.tell(NoticeReason::opened, std::move(newcomers));
}

void retire(Draft& draft, const Configured& configured) {
    auto& seen_by = draft.known().seen_by;
    auto& owner = draft.incident().prometheus;
    const auto gone = std::erase_if(seen_by, [&](const auto& name) { return !holds(configured.prometheus, name); });
    if (!holds(configured.rules, draft.incident().rule)) {
        draft.resolve("rule_removed", "its rule is no longer configured");
    } else if (seen_by.empty()) {
        draft.resolve("rule_removed", "its Prometheus is no longer configured");
    } else if (gone > 0) {
        if (!holds(configured.prometheus, owner)) owner = seen_by.front();
        draft.moved();
    }
}

}  // namespace

std::vector<Change> retire(std::vector<Known> known, const Configured& configured, Time now, const Options& options) {
    std::vector<Change> changes;
    for (auto& one : known) {
        if (one.incident.state == IncidentState::resolved) continue;
        const auto version = one.incident.version;
        Draft draft(std::move(one), now);
        follow_routes(draft, configured, options);  // first: who is new to it may know it by another name of the target
        retire(draft, configured);
        if (draft.incident().version != version) changes.push_back(std::move(draft.change()));
    }
    return changes;
}

}  // namespace meshwarden::incidents

#include "app/judges.hpp"

#include <algorithm>

namespace meshwarden::app {

Judges::Judges(const config::Config& config)
    : config_(config), rules_(config.rules, config.signals), topology_(config.anomaly, config.rules) {}

Inspection Judges::inspect(const Snapshot& snapshot) {
    auto inspection = rules_.inspect(snapshot);
    auto learned = topology_.inspect(snapshot);
    std::ranges::move(learned.findings, std::back_inserter(inspection.findings));
    std::ranges::move(learned.rules, std::back_inserter(inspection.rules));
    for (auto& finding : inspection.findings) own(finding);
    return inspection;
}

void Judges::own(Finding& finding) const {
    const auto owns = [&](const config::Owner& owner) { return all_match(owner.match, finding.labels); };
    const auto owner = std::ranges::find_if(config_.owners, owns);
    if (owner == config_.owners.end()) return;
    finding.labels.set("team", owner->team);
    if (finding.runbook_url.empty()) finding.runbook_url = owner->runbook_url;
}

}  // namespace meshwarden::app

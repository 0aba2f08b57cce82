#include "incidents/firing.hpp"

#include <algorithm>
#include <unordered_map>

namespace meshwarden::incidents {
namespace {

constexpr double growth_told = 2;  // times what a user saw and resolved

bool has_grown(const Finding& finding, const Incident& resolved) {
    return finding.value > growth_told * resolved.value || finding.severity > resolved.severity;
}

bool is_settled(const Finding& finding, const Incident& resolved, const std::string& prometheus) {
    const Time resolved_at = resolved.resolved_at.value_or(resolved.updated_at);
    if (resolved.resolve_reason == "user" && finding.crossed_at <= resolved_at) return !has_grown(finding, resolved);
    if (!finding.ended_at) return false;
    if (finding.crossed_at <= resolved.crossed_at) return true;
    return prometheus != resolved.prometheus && finding.crossed_at <= resolved_at &&
           *finding.ended_at >= resolved.crossed_at;
}

}  // namespace

Finding Firing::merged() const {
    Finding finding = **std::ranges::max_element(parts, {}, [](const Finding* part) { return part->value; });
    const Finding& last = *parts.back();
    finding.started_at = parts.front()->started_at;
    finding.crossed_at = last.crossed_at;
    finding.calm_since = last.calm_since;
    finding.ended_at = last.ended_at;
    finding.blind = last.blind;
    for (const auto* part : parts) finding.severity = std::max(finding.severity, part->severity);
    return finding;
}

std::vector<Firing> gather(const std::vector<Finding>& findings) {
    std::vector<Firing> firings;
    std::unordered_map<std::string, std::size_t> places;
    for (const auto& finding : findings) {
        auto key = subject_key(finding);
        const auto [place, fresh] = places.try_emplace(key, firings.size());
        if (fresh) firings.push_back({.subject_key = std::move(key), .parts = {}});
        firings[place->second].parts.push_back(&finding);
    }
    for (auto& firing : firings)
        std::ranges::stable_sort(firing.parts, {}, [](const Finding* part) { return part->crossed_at; });
    return firings;
}

Firing without_settled(Firing firing, const Incident& resolved, const std::string& prometheus) {
    std::erase_if(firing.parts, [&](const Finding* part) { return is_settled(*part, resolved, prometheus); });
    return firing;
}

}  // namespace meshwarden::incidents

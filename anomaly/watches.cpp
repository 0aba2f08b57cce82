#include "anomaly/watches.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "anomaly/saved_time.hpp"

namespace meshwarden::anomaly {
namespace {

using nlohmann::json;

Finding finding_of_episode(const RuleSpec& rule, const Labels& subject, const Episode& episode, Time now) {
    auto finding = finding_of(rule, subject, {episode.value, episode.expected, Duration{0}});
    finding.kind = IncidentKind::anomaly;
    finding.severity = episode.severity;
    finding.started_at = episode.started_at;
    finding.crossed_at = episode.crossed_at;
    finding.evidence.taken_at = now;
    finding.evidence.rule = {{"name", rule.name},
                             {"quiet", to_string(rule.quiet)},
                             {"severity", std::string(to_string(episode.severity))}};
    for (const auto& [at, text] : episode.listed)
        finding.evidence.notes.push_back(fmt::format("{} {}", to_rfc3339(at), text));
    finding.evidence.truncated = episode.listed.size() == most_listed;
    return finding;
}

}  // namespace

bool Episode::lists(std::string_view text) const {
    return std::ranges::find(listed, text, &std::pair<Time, std::string>::second) != listed.end();
}

bool Episode::list(Time at, std::string text) {
    if (lists(text) || listed.size() >= most_listed) return false;
    listed.emplace_back(at, std::move(text));
    return true;
}

Episode* Watch::find(const Labels& labels) {
    const auto found = open.find(labels.only(rule.by));
    return found == open.end() ? nullptr : &found->second;
}

bool Watch::drop(const Labels& labels, const std::function<bool(const std::string&)>& lines) {
    const auto found = open.find(labels.only(rule.by));
    if (found == open.end()) return false;
    auto& episode = found->second;
    const auto dropped = std::erase_if(episode.listed, [&](const auto& listed) { return lines(listed.second); });
    episode.value -= double(dropped);
    if (episode.listed.empty()) open.erase(found);
    return dropped > 0;
}

Watches::Watches(const std::vector<RuleSpec>& rules) {
    for (const auto& rule : rules)
        if (rule.learned) all_.push_back({rule, {}});
}

Watch* Watches::find(std::string_view rule) {
    const auto found = std::ranges::find_if(all_, [&](const Watch& w) { return w.rule.name == rule && w.rule.enabled; });
    return found == all_.end() ? nullptr : &*found;
}

void Watches::note(Watch& watch, Sighting sighting) {
    if (!watch.rule.exclude.empty() && all_match(watch.rule.exclude, sighting.labels)) return;
    const auto [found, fresh] = watch.open.try_emplace(sighting.labels.only(watch.rule.by));
    auto& episode = found->second;
    if (fresh) episode = {sighting.at, sighting.at, {}, 0, 0, sighting.severity, sighting.at};
    episode.last_at = std::max(episode.last_at, sighting.at);
    episode.severity = std::max(episode.severity, sighting.severity);
    if (sighting.counts) {
        episode.value += sighting.value;
    } else if (sighting.value > episode.value) {
        episode.value = sighting.value;
        episode.expected = sighting.expected;
    }
    // The lines of what is measured, not counted, say the same again in other numbers.
    if (episode.list(sighting.at, std::move(sighting.text)) && sighting.counts) episode.renewed = true;
}

void Watches::report_one(Watch& watch, const Snapshot& snapshot, const Standing& standing, Inspection& out) {
    const auto& rule = watch.rule;
    const auto& blind = snapshot.reachable ? standing.blind : snapshot.unreachable_cause;
    const bool sees = snapshot.reachable && blind.empty();
    std::erase_if(watch.open,
                  [&](const auto& entry) { return sees && entry.second.last_at + rule.quiet <= snapshot.at; });
    RuleVerdict verdict{rule.name, watch.open.empty() ? RuleHealth::ok : RuleHealth::firing,
                        sees,      sees ? standing.learning : blind,
                        rule.threshold, rule.window};
    if (!sees) verdict.health = RuleHealth::blind;
    if (!rule.enabled) verdict = {rule.name, RuleHealth::off, false, {}, 0, Duration{0}};
    out.rules.push_back(std::move(verdict));
    for (auto& [subject, episode] : watch.open) {
        if (std::exchange(episode.renewed, false)) episode.crossed_at = snapshot.at;
        out.findings.push_back(finding_of_episode(rule, subject, episode, snapshot.at));
    }
}

void Watches::report_off(Inspection& out) const {
    for (const auto& watch : all_)
        out.rules.push_back({watch.rule.name, RuleHealth::off, false, {}, 0, Duration{0}});
}

json Watches::save() const {
    auto saved = json::array();
    for (const auto& watch : all_)
        for (const auto& [subject, episode] : watch.open) {
            json entry{{"rule", watch.rule.name},      {"started", saved_time(episode.started_at)},
                       {"last", saved_time(episode.last_at)}, {"count", episode.value},
                       {"crossed", saved_time(episode.crossed_at)},
                       {"expected", episode.expected}, {"severity", std::string(to_string(episode.severity))}};
            for (const auto& [name, value] : subject) entry["labels"][name] = value;
            for (const auto& [at, text] : episode.listed) entry["edges"].push_back({saved_time(at), text});
            saved.push_back(std::move(entry));
        }
    return saved;
}

void Watches::load(const json& saved) {
    for (const auto& entry : saved) {
        auto* watch = find(entry.at("rule").get_ref<const std::string&>());
        if (!watch) continue;
        std::vector<Labels::Pair> labels;
        const auto named = entry.value("labels", json::object());
        for (const auto& [name, value] : named.items()) labels.emplace_back(name, value.get<std::string>());
        Episode episode{time_of(entry.at("started")), time_of(entry.at("last")), {}, entry.at("count").get<double>(),
                        entry.value("expected", 0.0), watch->rule.severity, time_of(entry.at("started")), false};
        if (const auto crossed = entry.find("crossed"); crossed != entry.end()) episode.crossed_at = time_of(*crossed);
        if (const auto severity = parse_severity(entry.value("severity", ""))) episode.severity = *severity;
        for (const auto& each : entry.value("edges", json::array()))
            episode.listed.emplace_back(time_of(each.at(0)), each.at(1).get<std::string>());
        watch->open.emplace(Labels(std::move(labels)), std::move(episode));
    }
}

}  // namespace meshwarden::anomaly

#include "incidents/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "incidents/record.hpp"

namespace meshwarden::incidents {

using nlohmann::json;

json number(double value) {
    constexpr double exact = 9007199254740992;  // 2^53: whole numbers up to here are written without a fraction
    if (!std::isfinite(value)) return nullptr;
    if (value == std::trunc(value) && std::abs(value) < exact) return std::int64_t(value);
    return value;
}

json to_json(const Labels& labels) {
    json object = json::object();
    for (const auto& [name, value] : labels) object[name] = value;
    return object;
}

json time_or_null(const std::optional<Time>& time) {
    return time ? json(to_rfc3339(*time)) : json(nullptr);
}

namespace {

json text_or_null(const std::string& text) {
    return text.empty() ? json(nullptr) : json(text);
}

json series_to_json(const EvidenceSeries& series) {
    json points = json::array();
    for (const auto& [at, value] : series.points) points.push_back({to_epoch_seconds(at), number(value)});
    return {{"metric", to_json(series.metric)}, {"points", std::move(points)}, {"increment", number(series.increment)}};
}

}  // namespace

json to_json(const Incident& incident) {
    return {{"id", incident.id},
            {"fingerprint", incident.fingerprint},
            {"episode", incident.episode},
            {"rule", incident.rule},
            {"kind", to_string(incident.kind)},
            {"severity", to_string(incident.severity)},
            {"state", to_string(incident.state)},
            {"flapping", incident.flapping},
            {"late", incident.late},
            {"blind", incident.blind},
            {"labels", to_json(incident.labels)},
            {"summary", incident.summary},
            {"action", incident.action},
            {"runbook_url", incident.runbook_url},
            {"techniques", incident.techniques},
            {"value", number(incident.value)},
            {"threshold", number(incident.threshold)},
            {"window", to_string(incident.window)},
            {"findings", incident.findings},
            {"started_at", to_rfc3339(incident.started_at)},
            {"opened_at", to_rfc3339(incident.opened_at)},
            {"updated_at", to_rfc3339(incident.updated_at)},
            {"resolved_at", time_or_null(incident.resolved_at)},
            {"resolve_reason", text_or_null(incident.resolve_reason)},
            {"acknowledged_at", time_or_null(incident.acknowledged_at)},
            {"acknowledged_by", text_or_null(incident.acknowledged_by)},
            {"assignee", text_or_null(incident.assignee)},
            {"version", incident.version}};
}

json to_json(const Evidence& evidence) {
    json rule = json::object();
    for (const auto& [key, value] : evidence.rule) rule[key] = value;
    json series = json::array(), sources = json::array();
    for (const auto& one : evidence.series) series.push_back(series_to_json(one));
    for (const auto& one : evidence.top_sources) sources.push_back(to_json(one));
    return {{"taken_at", to_rfc3339(evidence.taken_at)},
            {"rule", std::move(rule)},
            {"series", std::move(series)},
            {"top_sources", std::move(sources)},
            {"notes", evidence.notes},
            {"truncated", evidence.truncated}};
}

json to_json(const Event& event) {
    return {{"seq", event.seq},
            {"at", to_rfc3339(event.at)},
            {"event", to_string(event.kind)},
            {"by", text_or_null(event.by)},
            {"note", event.note},
            {"hash", event.hash}};
}

json to_json(const TopSource& source) {
    return {{"labels", to_json(source.labels)}, {"value", number(source.value)}};
}

}  // namespace meshwarden::incidents

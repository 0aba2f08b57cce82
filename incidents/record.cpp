#include "incidents/record.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "incidents/fields.hpp"
#include "incidents/json.hpp"

namespace meshwarden::incidents {

using nlohmann::json;

namespace {

IncidentKind kind_of(const json& value) {
    using enum IncidentKind;
    return enum_of(value.get_ref<const std::string&>(), {threshold, anomaly, coverage, policy});
}

Duration duration_of(const json& value) {
    return parse_duration(value.get_ref<const std::string&>()).value_or(Duration{0});
}

void read_state(Incident& incident, const json& record) {
    incident.severity = parse_severity(record.at("severity").get<std::string>()).value_or(Severity::medium);
    incident.state = parse_incident_state(record.at("state").get<std::string>()).value_or(IncidentState::open);
    incident.flapping = record.at("flapping").get<bool>();
    incident.late = record.at("late").get<bool>();
    incident.blind = record.at("blind").get<bool>();
    incident.value = number_of(record.at("value"));
    incident.findings = record.at("findings").get<int>();
    incident.version = record.at("version").get<std::int64_t>();
    incident.reopened = record.at("reopened").get<int>();
    incident.told = record.at("told").get<std::vector<std::string>>();
    incident.assignee = text_of(record.at("assignee"));
    incident.acknowledged_by = text_of(record.at("acknowledged_by"));
    incident.resolve_reason = text_of(record.at("resolve_reason"));
}

void read_times(Incident& incident, const json& record) {
    incident.started_at = time_of(record.at("started_at"));
    incident.crossed_at = time_of(record.at("crossed_at"));
    incident.opened_at = time_of(record.at("opened_at"));
    incident.updated_at = time_of(record.at("updated_at"));
    incident.last_notice_at = time_of(record.at("last_notice_at"));
    incident.resolved_at = optional_time_of(record.at("resolved_at"));
    incident.acknowledged_at = optional_time_of(record.at("acknowledged_at"));
}

json record_of(const Sighting& sighting) {
    return {{"relapses", sighting.relapses},
            {"regained_at", time_or_null(sighting.regained_at)},
            {"judged_since", time_or_null(sighting.judged_since)}};
}

Sighting sighting_of(const json& record) {
    return {.relapses = record.at("relapses").get<int>(),
            .regained_at = optional_time_of(record.at("regained_at")),
            .judged_since = optional_time_of(record.at("judged_since"))};
}

std::vector<TopSource> sources_of(const json& array) {
    std::vector<TopSource> sources;
    for (const auto& one : array)
        sources.push_back({.labels = labels_of(one.at("labels")), .value = number_of(one.at("value"))});
    return sources;
}

}  // namespace

std::string dump(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

json parse_record(std::string_view text) {
    return json::parse(text);
}

std::string clean_text(std::string_view bytes, std::size_t longest) {
    const auto continues = [&](std::size_t at) { return (static_cast<unsigned char>(bytes[at]) & 0xc0) == 0x80; };
    auto end = std::min(bytes.size(), longest);
    if (end < bytes.size())
        while (end > 0 && continues(end)) --end;  // no half character at the cut
    return parse_record(dump(std::string(bytes.substr(0, end)))).get<std::string>();
}

json record_of(const Incident& incident) {
    json record = to_json(incident);
    record["subject_key"] = incident.subject_key;
    record["prometheus"] = incident.prometheus;
    record["crossed_at"] = to_rfc3339(incident.crossed_at);
    record["reopened"] = incident.reopened;
    record["told"] = incident.told;
    record["last_notice_at"] = to_rfc3339(incident.last_notice_at);
    return record;
}

Incident incident_of(const json& record) {
    Incident incident;
    incident.id = record.at("id").get<std::string>();
    incident.subject_key = record.at("subject_key").get<std::string>();
    incident.episode = record.at("episode").get<int>();
    incident.fingerprint = record.at("fingerprint").get<std::string>();
    incident.prometheus = record.at("prometheus").get<std::string>();
    incident.rule = record.at("rule").get<std::string>();
    incident.kind = kind_of(record.at("kind"));
    incident.labels = labels_of(record.at("labels"));
    incident.summary = record.at("summary").get<std::string>();
    incident.action = record.at("action").get<std::string>();
    incident.runbook_url = record.at("runbook_url").get<std::string>();
    incident.techniques = record.at("techniques").get<std::vector<std::string>>();
    incident.threshold = number_of(record.at("threshold"));
    incident.window = duration_of(record.at("window"));
    read_state(incident, record);
    read_times(incident, record);
    return incident;
}

json record_of(const Known& known) {
    json record = record_of(known.incident);
    record["seen_by"] = known.seen_by;
    record["marked"] = number(known.marked);
    record["sighting"] = record_of(known.sighting);
    return record;
}

void leave_incident(json& record) {
    for (const auto* key : {"seen_by", "marked", "sighting"}) record.erase(key);
}

Known known_of(const json& record) {
    const auto sighting = record.find("sighting");  // not in records of schema 1
    return {.incident = incident_of(record),
            .seen_by = record.at("seen_by").get<std::vector<std::string>>(),
            .marked = number_of(record.at("marked")),
            .sighting = sighting == record.end() ? Sighting{} : sighting_of(*sighting),
            .erased = false};
}

json remains_of(const Incident& incident) {
    return {{"resolve_reason", incident.resolve_reason},
            {"crossed_at", to_rfc3339(incident.crossed_at)},
            {"value", number(incident.value)},
            {"severity", to_string(incident.severity)}};
}

void read_remains(Known& known, const json& record) {
    known.incident.resolve_reason = text_of(record.at("resolve_reason"));
    known.incident.crossed_at = time_of(record.at("crossed_at"));
    // Earlier versions left neither: of theirs nothing counts as grown.
    known.incident.value = number_of(record.value("value", json()));
    known.incident.severity = parse_severity(record.value("severity", "")).value_or(Severity::critical);
    known.incident.state = IncidentState::resolved;
    known.erased = true;
}

EventKind event_kind_of(std::string_view text) {
    using enum EventKind;
    return enum_of(text,
                   {commented, opened, peaked, escalated, acknowledged, assigned, silenced, resolved, reopened, blinded,
                    sighted, expectation_declared, expectation_withdrawn, configuration_changed, reminded});
}

NoticeReason notice_reason_of(std::string_view text) {
    using enum NoticeReason;
    return enum_of(text, {opened, escalated, still_open, resolved, acknowledged});
}

Evidence evidence_of(const json& record) {
    Evidence evidence;
    evidence.taken_at = time_of(record.at("taken_at"));
    for (const auto& [key, value] : record.at("rule").items())
        evidence.rule.emplace_back(key, value.get<std::string>());
    for (const auto& one : record.at("series")) {
        EvidenceSeries series;
        series.metric = labels_of(one.at("metric"));
        series.increment = number_of(one.at("increment"));
        for (const auto& point : one.at("points"))
            series.points.emplace_back(from_epoch_seconds(number_of(point.at(0))), number_of(point.at(1)));
        evidence.series.push_back(std::move(series));
    }
    evidence.top_sources = sources_of(record.at("top_sources"));
    evidence.notes = record.at("notes").get<std::vector<std::string>>();
    evidence.truncated = record.at("truncated").get<bool>();
    return evidence;
}

Evidence bounded(Evidence evidence) {
    constexpr std::size_t max_points = 1000;  // of one series: a window at five-second scrapes has far fewer
    const auto cut = [&](auto& values, std::size_t most) {
        if (values.size() <= most) return;
        values.resize(most);
        evidence.truncated = true;
    };
    cut(evidence.series, Evidence::max_series);
    cut(evidence.top_sources, Evidence::max_sources);
    for (auto& series : evidence.series) {
        if (series.points.size() <= max_points) continue;
        series.points.erase(series.points.begin(), series.points.end() - max_points);
        evidence.truncated = true;
    }
    return evidence;
}

json record_of(const Told& told) {
    json sources = json::array();
    for (const auto& source : told.top_sources) sources.push_back(to_json(source));
    return {{"top_sources", std::move(sources)}, {"notes", told.notes}};
}

Told told_of(const json& record) {
    return {.top_sources = sources_of(record.at("top_sources")),
            .notes = record.at("notes").get<std::vector<std::string>>()};
}

json record_of(const Notice& notice) {
    json record = record_of(Told{.top_sources = notice.top_sources, .notes = notice.notes});
    record["incident"] = record_of(notice.incident);
    return record;
}

void read_notice(Notice& notice, const json& record) {
    notice.incident = incident_of(record.at("incident"));
    auto told = told_of(record);
    notice.top_sources = std::move(told.top_sources);
    notice.notes = std::move(told.notes);
}

}  // namespace meshwarden::incidents

#include "notify/pagerduty.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model/digest.hpp"
#include "notify/text.hpp"
#include "notify/wording.hpp"

namespace meshwarden::notify {
namespace {

using nlohmann::json;

constexpr std::size_t max_event_bytes = 512'000, max_key = 255, summary_units = 1024, short_units = 255,
                      label_units = 500, long_units = 4000, max_notes = 50;

std::string_view action_of(NoticeReason reason) {
    switch (reason) {
        case NoticeReason::resolved: return "resolve";
        case NoticeReason::acknowledged: return "acknowledge";
        default: return "trigger";
    }
}

std::string_view severity_of(Severity severity) {
    switch (severity) {
        case Severity::critical: return "critical";
        case Severity::high: return "error";
        case Severity::medium: return "warning";
        default: return "info";
    }
}

json labels_of(const Labels& labels) {
    json out = json::object();
    for (const auto& [name, value] : labels) out[plain(name, short_units).text] = plain(value, label_units).text;
    return out;
}

json details_of(const Notice& notice) {
    const auto& incident = notice.incident;
    json details = {{"action", plain(incident.action, long_units).text},
                    {"summary", plain(incident.summary, long_units).text},
                    {"incident", plain(incident.id, short_units).text},
                    {"reason", to_string(notice.reason)},
                    {"state", to_string(incident.state)},
                    {"severity", to_string(incident.severity)},
                    {"value", incident.value},
                    {"threshold", incident.threshold},
                    {"window", to_string(incident.window)},
                    {"started_at", to_rfc3339(incident.started_at)},
                    {"labels", labels_of(incident.labels)}};
    if (notice.reason == NoticeReason::resolved) details["resolution"] = resolution(notice);
    if (!incident.runbook_url.empty()) details["runbook_url"] = plain(incident.runbook_url, long_units).text;
    for (const auto& technique : incident.techniques)
        details["techniques"].push_back(plain(technique, short_units).text);
    for (const auto& source : notice.top_sources)
        details["top_sources"].push_back({{"labels", labels_of(source.labels)}, {"value", source.value}});
    auto notes = remarks(incident);
    notes.insert(notes.end(), notice.notes.begin(), notice.notes.end());
    for (std::size_t i = 0; i < std::min(notes.size(), max_notes); ++i)
        details["notes"].push_back(plain(notes[i], 1000).text);
    if (notes.size() > max_notes)
        details["notes"].push_back(fmt::format("{} notes were cut", notes.size() - max_notes));
    return details;
}

// Where the trouble is: the destination, else the source, else the Prometheus that told of it.
std::string location(const Notice& notice, const Options& options) {
    const auto& incident = notice.incident;
    for (const auto& where : {place(incident.labels, "destination"), place(incident.labels, "source"),
                              incident.prometheus, options.instance})
        if (!where.empty()) return plain(where, short_units).text;
    return "meshwarden";
}

std::string first_label(const Labels& labels, std::initializer_list<std::string_view> names) {
    for (const auto name : names)
        if (labels.has(name)) return plain(labels.get(name), short_units).text;
    return {};
}

json payload_of(const Notice& notice, const Options& options) {
    const auto& incident = notice.incident;
    const auto summary = incident.summary.empty() ? incident.rule : incident.summary;
    json payload = {{"summary", plain(summary.empty() ? "an incident" : summary, summary_units).text},
                    {"source", location(notice, options)},
                    {"severity", severity_of(incident.severity)},
                    {"timestamp", to_rfc3339(incident.started_at)},
                    {"class", plain(incident.rule, short_units).text},
                    {"custom_details", details_of(notice)}};
    const auto set = [&](const char* key, std::string value) {
        if (!value.empty()) payload[key] = std::move(value);
    };
    const auto& labels = incident.labels;
    set("component", first_label(labels, {"destination_workload", "destination_service", "source_workload", "pod"}));
    set("group", first_label(labels, {"destination_namespace", "source_namespace", "cluster"}));
    return payload;
}

std::string dumped(const json& event) { return event.dump(-1, ' ', false, json::error_handler_t::replace); }

}  // namespace

std::string pagerduty_dedup_key(const Options& options, const Incident& incident) {
    std::string key = fmt::format("{}:{}", options.instance, incident.fingerprint);
    return key.size() > max_key || !plain(key, max_key).whole ? sha256_hex(key) : key;
}

std::string pagerduty_event(const Notice& notice, const Options& options, const std::string& routing_key) {
    json event = {{"routing_key", routing_key},
                  {"event_action", action_of(notice.reason)},
                  {"dedup_key", pagerduty_dedup_key(options, notice.incident)},
                  {"client", "Meshwarden"},
                  {"payload", payload_of(notice, options)}};
    const auto page = incident_url(options, notice.incident);
    if (is_link(page)) {
        event["client_url"] = page;
        event["links"].push_back({{"href", page}, {"text", "Incident"}});
    }
    if (is_link(notice.incident.runbook_url))
        event["links"].push_back({{"href", notice.incident.runbook_url}, {"text", "Runbook"}});

    std::string bytes = dumped(event);
    if (bytes.size() <= max_event_bytes) return bytes;
    event["payload"]["custom_details"] = {
        {"action", plain(notice.incident.action, long_units).text},
        {"cut", fmt::format("the details were left out: {} bytes, PagerDuty takes {}", bytes.size(), max_event_bytes)}};
    return dumped(event);
}

}  // namespace meshwarden::notify

#include "notify/alert.hpp"

#include <algorithm>

#include "notify/text.hpp"
#include "notify/wording.hpp"

namespace meshwarden::notify {
namespace {

constexpr std::size_t name_units = 200, value_units = 2000, annotation_units = 8000;

std::string label_name(std::string_view name) {
    std::string out(name.substr(0, name_units));
    std::ranges::replace_if(
        out, [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')); }, '_');
    return out.empty() || (out.front() >= '0' && out.front() <= '9') ? "_" + out : out;
}

}  // namespace

Strings alert_labels(const Incident& incident) {
    Strings out;
    for (const auto& [name, value] : incident.labels) out[label_name(name)] = plain(value, value_units).text;
    out["alertname"] = plain(incident.rule, value_units).text;
    out["severity"] = to_string(incident.severity);
    out["incident"] = plain(incident.id, value_units).text;
    return out;
}

Strings alert_annotations(const Incident& incident, const Options& options) {
    return {{"summary", plain(incident.summary, annotation_units).text},
            {"action", plain(incident.action, annotation_units).text},
            {"runbook_url", plain(incident.runbook_url, value_units).text},
            {"incident_url", incident_url(options, incident)}};
}

Time alert_end(const Incident& incident, Time otherwise) {
    return std::max(incident.resolved_at.value_or(otherwise), incident.started_at);
}

}  // namespace meshwarden::notify

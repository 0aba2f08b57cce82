#include "notify/alertmanager.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "notify/alert.hpp"
#include "notify/text.hpp"
#include "notify/wording.hpp"

namespace meshwarden::notify {

using nlohmann::json;

std::string alertmanager_alerts(std::span<const Incident> incidents, const Options& options, Time now) {
    json alerts = json::array();
    for (const auto& incident : incidents) {
        const bool over = incident.state == IncidentState::resolved;
        const Time end = over ? alert_end(incident, now) : std::max(now, incident.started_at) + alert_lifetime;
        json alert = {{"labels", alert_labels(incident)},
                      {"annotations", alert_annotations(incident, options)},
                      {"startsAt", to_rfc3339(incident.started_at)},
                      {"endsAt", to_rfc3339(end)}};
        if (const auto page = incident_url(options, incident); is_link(page)) alert["generatorURL"] = page;
        alerts.push_back(std::move(alert));
    }
    return alerts.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace meshwarden::notify

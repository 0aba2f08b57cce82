#include "web/metrics.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace meshwarden::web {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;

constexpr std::size_t most_incidents = 1'000;
constexpr int page = 500;

ClientMetric gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.gauge.value = value;
    return metric;
}

MetricFamily family(std::string name, std::string help, std::vector<ClientMetric> metrics) {
    return {std::move(name), std::move(help), prometheus::MetricType::Gauge, std::move(metrics)};
}

// namespace/name, or as much of it as is known.
std::string place(const Labels& labels, std::string_view namespace_label, std::string_view name_label,
                  std::string_view other_name_label) {
    std::string text(labels.get(namespace_label));
    const auto name = labels.has(name_label) ? labels.get(name_label) : labels.get(other_name_label);
    if (!text.empty() && !name.empty()) text += '/';
    return text += name;
}

ClientMetric incident_info(const Incident& incident) {
    const auto& labels = incident.labels;
    return gauge(1, {{"id", incident.id},
                     {"rule", incident.rule},
                     {"severity", std::string(to_string(incident.severity))},
                     {"state", std::string(to_string(incident.state))},
                     {"source", place(labels, "source_namespace", "source_workload", "source_principal")},
                     {"destination",
                      place(labels, "destination_namespace", "destination_service", "destination_workload")}});
}

void add_open_incidents(incidents::Store& store, std::vector<MetricFamily>& families) {
    incidents::IncidentFilter filter;
    filter.states = {IncidentState::open, IncidentState::acknowledged};
    filter.limit = page;
    std::vector<ClientMetric> infos, starts;
    do {
        const auto found = store.incidents(filter);
        if (!found) break;
        for (const auto& incident : found->incidents) {
            if (infos.size() == most_incidents) break;
            infos.push_back(incident_info(incident));
            starts.push_back(gauge(to_epoch_seconds(incident.started_at), {{"id", incident.id}}));
        }
        filter.cursor = found->next_cursor;
    } while (!filter.cursor.empty() && infos.size() < most_incidents);
    if (infos.empty()) return;
    families.push_back(family("meshwarden_incident_info",
                              "Open and acknowledged incidents, newest first, at most 1000.", std::move(infos)));
    families.push_back(family("meshwarden_incident_started_timestamp_seconds",
                              "When the first event of an open incident was.", std::move(starts)));
}

void add_status(const incidents::Status& status, std::vector<MetricFamily>& families) {
    std::vector<ClientMetric> open;
    for (const auto severity :
         {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::info}) {
        const std::string name(to_string(severity));
        const auto count = status.open_by_severity.find(name);
        open.push_back(gauge(count == status.open_by_severity.end() ? 0 : count->second, {{"severity", name}}));
    }
    families.push_back(family("meshwarden_incidents_open", "Incidents not resolved.", std::move(open)));
    families.push_back(
        family("meshwarden_store_size_bytes", "Size of the database.", {gauge(double(status.size_bytes))}));
}

void add_stored(incidents::Store& store, std::vector<MetricFamily>& families) {
    if (const auto status = store.status()) add_status(*status, families);
    add_open_incidents(store, families);
}

}  // namespace

std::string exposition(incidents::Store* store, const Dependencies& dependencies) {
    std::vector<MetricFamily> families;
    if (dependencies.registry) families = dependencies.registry->Collect();
    if (dependencies.process) std::ranges::move(dependencies.process->Collect(), std::back_inserter(families));
    families.push_back(family("meshwarden_build_info", "Always 1; the version is the label.",
                              {gauge(1, {{"version", dependencies.version}})}));
    families.push_back(family("meshwarden_watchdog", "Always 1 while the service answers.", {gauge(1)}));
    if (store) add_stored(*store, families);
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, families);
    return text.str();
}

}  // namespace meshwarden::web

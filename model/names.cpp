#include <algorithm>
#include <array>
#include <utility>

#include "model/detector.hpp"
#include "model/digest.hpp"
#include "model/incident.hpp"
#include "model/routes.hpp"

namespace meshwarden {
namespace {

template <class E>
using Name = std::pair<E, std::string_view>;

template <class E, std::size_t N>
std::string_view name_of(const std::array<Name<E>, N>& names, E value) {
    return std::ranges::find(names, value, &Name<E>::first)->second;
}

template <class E, std::size_t N>
std::optional<E> value_of(const std::array<Name<E>, N>& names, std::string_view text) {
    const auto found = std::ranges::find(names, text, &Name<E>::second);
    return found == names.end() ? std::nullopt : std::optional(found->first);
}

constexpr std::array severities{Name<Severity>{Severity::info, "info"}, Name<Severity>{Severity::low, "low"},
                                Name<Severity>{Severity::medium, "medium"}, Name<Severity>{Severity::high, "high"},
                                Name<Severity>{Severity::critical, "critical"}};
constexpr std::array sights{Name<Sight>{Sight::observed, "observed"}, Name<Sight>{Sight::zero, "zero"},
                            Name<Sight>{Sight::blind, "blind"}};
constexpr std::array kinds{
    Name<IncidentKind>{IncidentKind::threshold, "threshold"}, Name<IncidentKind>{IncidentKind::anomaly, "anomaly"},
    Name<IncidentKind>{IncidentKind::coverage, "coverage"}, Name<IncidentKind>{IncidentKind::policy, "policy"}};
constexpr std::array healths{Name<RuleHealth>{RuleHealth::ok, "ok"}, Name<RuleHealth>{RuleHealth::firing, "firing"},
                             Name<RuleHealth>{RuleHealth::blind, "blind"}, Name<RuleHealth>{RuleHealth::off, "off"}};
constexpr std::array states{Name<IncidentState>{IncidentState::open, "open"},
                            Name<IncidentState>{IncidentState::acknowledged, "acknowledged"},
                            Name<IncidentState>{IncidentState::resolved, "resolved"}};
constexpr std::array events{
    Name<EventKind>{EventKind::opened, "opened"},       Name<EventKind>{EventKind::peaked, "peaked"},
    Name<EventKind>{EventKind::escalated, "escalated"}, Name<EventKind>{EventKind::acknowledged, "acknowledged"},
    Name<EventKind>{EventKind::commented, "commented"}, Name<EventKind>{EventKind::assigned, "assigned"},
    Name<EventKind>{EventKind::silenced, "silenced"},   Name<EventKind>{EventKind::resolved, "resolved"},
    Name<EventKind>{EventKind::reopened, "reopened"},   Name<EventKind>{EventKind::blinded, "blinded"},
    Name<EventKind>{EventKind::sighted, "sighted"},
    Name<EventKind>{EventKind::expectation_declared, "expectation_declared"},
    Name<EventKind>{EventKind::expectation_withdrawn, "expectation_withdrawn"},
    Name<EventKind>{EventKind::configuration_changed, "configuration_changed"},
    Name<EventKind>{EventKind::reminded, "reminded"}};
constexpr std::array reasons{Name<NoticeReason>{NoticeReason::opened, "opened"},
                             Name<NoticeReason>{NoticeReason::escalated, "escalated"},
                             Name<NoticeReason>{NoticeReason::still_open, "still_open"},
                             Name<NoticeReason>{NoticeReason::resolved, "resolved"},
                             Name<NoticeReason>{NoticeReason::acknowledged, "acknowledged"}};
constexpr std::array deliveries{Name<DeliveryState>{DeliveryState::pending, "pending"},
                                Name<DeliveryState>{DeliveryState::delivered, "delivered"},
                                Name<DeliveryState>{DeliveryState::dead, "dead"}};

}  // namespace

std::string_view to_string(Severity severity) { return name_of(severities, severity); }
std::optional<Severity> parse_severity(std::string_view text) { return value_of(severities, text); }
std::string_view to_string(Sight sight) { return name_of(sights, sight); }
std::string_view to_string(IncidentKind kind) { return name_of(kinds, kind); }
std::string_view to_string(RuleHealth health) { return name_of(healths, health); }
std::string_view to_string(IncidentState state) { return name_of(states, state); }
std::optional<IncidentState> parse_incident_state(std::string_view text) { return value_of(states, text); }
std::string_view to_string(EventKind kind) { return name_of(events, kind); }
std::string_view to_string(NoticeReason reason) { return name_of(reasons, reason); }
std::string_view to_string(DeliveryState state) { return name_of(deliveries, state); }
std::optional<DeliveryState> parse_delivery_state(std::string_view text) { return value_of(deliveries, text); }

std::string subject_key(const Finding& finding) { return sha256_hex(finding.rule + '\n' + to_string(finding.subject)); }

Labels routing_labels(const Incident& incident) {
    Labels labels = incident.labels;
    labels.set("severity", to_string(incident.severity));
    labels.set("rule", incident.rule);
    labels.set("alertname", incident.rule);
    labels.set("kind", to_string(incident.kind));
    return labels;
}

std::vector<std::string> targets_for(const std::vector<Route>& routes, const Labels& labels) {
    std::vector<std::string> targets;
    for (const auto& route : routes) {
        if (!all_match(route.match, labels)) continue;
        for (const auto& target : route.targets)
            if (std::ranges::find(targets, target) == targets.end()) targets.push_back(target);
        if (!route.goes_on) break;
    }
    return targets;
}

}  // namespace meshwarden

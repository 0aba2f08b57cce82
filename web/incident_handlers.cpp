#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "incidents/json.hpp"
#include "web/handlers.hpp"
#include "web/json_body.hpp"
#include "web/links.hpp"
#include "web/parameters.hpp"
#include "web/preconditions.hpp"

namespace meshwarden::web {
namespace {

using nlohmann::json;

constexpr std::size_t longest_note = 4'000;
constexpr std::size_t longest_assignee = 200;

json or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(text); }

json incident_json(const Incident& incident, const Context& context) {
    auto body = incidents::to_json(incident);
    body["links"] = {{"kiali", expand_link(context.options.kiali, incident.labels)},
                     {"traces", expand_link(context.options.traces, incident.labels)},
                     {"grafana", expand_link(context.options.grafana, incident.labels)}};
    return body;
}

Response with_tag(Response response, const Incident& incident) {
    response.headers.emplace_back("ETag", incident_tag(incident.version, response.body));
    return response;
}

json notice_json(const Delivery& delivery) {
    return {{"target", delivery.notice.target},
            {"reason", to_string(delivery.notice.reason)},
            {"state", to_string(delivery.state)},
            {"attempts", delivery.attempts},
            {"at", to_rfc3339(delivery.at)},
            {"error", or_null(delivery.error)}};
}

json delivery_json(const Delivery& delivery) {
    const auto& notice = delivery.notice;
    auto body = notice_json(delivery);
    body["id"] = notice.id;
    body["incident"] = notice.incident.id;
    body["rule"] = notice.incident.rule;
    body["severity"] = to_string(notice.incident.severity);
    body["summary"] = notice.incident.summary;
    body["created_at"] = to_rfc3339(notice.created_at);
    body["idempotency_key"] = notice.idempotency_key;
    return body;
}

Response no_such_incident(const std::string& id) { return problem(404, fmt::format("there is no incident {}", id)); }

// What the body of a change may carry.
struct Change {
    std::string note;
    std::string until;
    std::optional<std::string> assignee;
    std::string problem;
};

std::string text_field(const json& body, const char* name, std::size_t longest, std::string& wrong) {
    const auto field = body.find(name);
    if (field == body.end() || field->is_null()) return {};
    if (!field->is_string()) {
        wrong = fmt::format("{} must be a text", name);
        return {};
    }
    auto text = field->get<std::string>();
    if (characters(text) > longest) wrong = fmt::format("{} must be at most {} characters", name, longest);
    return text;
}

Change read_change(const Request& request) {
    static constexpr std::array<std::string_view, 3> keys{"note", "until", "assignee"};
    Change change;
    if (request.body.empty()) return change;
    const auto body = object_of(request.body, keys);
    if (!body) {
        change.problem = body.error().message;
        return change;
    }
    change.note = text_field(*body, "note", longest_note, change.problem);
    change.until = text_field(*body, "until", 40, change.problem);
    if (body->contains("assignee")) change.assignee = text_field(*body, "assignee", longest_assignee, change.problem);
    if (const auto until = parse_rfc3339(change.until); !change.until.empty() && !until)
        change.problem = "until: " + until.error().message;
    return change;
}

Response failed_action(const Call& call, const incidents::ActionFailure& failure) {
    switch (failure.kind) {
        case incidents::ActionError::not_found: return no_such_incident(call.id);
        case incidents::ActionError::version_mismatch:
            return problem(412, "the incident has changed since the version in If-Match");
        case incidents::ActionError::already_resolved: return problem(409, "the incident is resolved already");
        case incidents::ActionError::too_many:
        case incidents::ActionError::storage: break;
    }
    return problem(503, failure.cause + "; nothing was changed");
}

// If-Match: the change is one of the version that the caller has seen, or of none.
std::optional<Response> hold_to_version(const Call& call, Context& context, incidents::Action& action) {
    const auto condition = call.request.header("if-match");
    if (condition.empty() || condition == "*") return std::nullopt;
    const auto detail = context.store->incident(call.id);
    if (!detail) return problem(503, detail.error().message);
    if (!*detail) return no_such_incident(call.id);
    const auto version = (*detail)->incident.version;
    if (!lists_version(condition, version)) return failed_action(call, incidents::ActionError::version_mismatch);
    action.if_version = version;
    return std::nullopt;
}

// Doing twice what is done already is no mistake.
bool is_done(EventKind kind, const incidents::ActionFailure& failure) {
    return kind == EventKind::resolved && failure == incidents::ActionError::already_resolved;
}

Response act(EventKind kind, const Call& call, Context& context) {
    auto change = read_change(call.request);
    if (!change.problem.empty()) return problem(400, change.problem);
    if (kind == EventKind::commented && change.note.empty()) return problem(400, "note: a comment needs one");
    incidents::Action action{kind, std::move(change.note), std::move(change.assignee), call.who, std::nullopt};
    if (kind == EventKind::assigned && !action.assignee) action.assignee = call.who;
    if (!change.until.empty()) action.note += fmt::format("{}(until {})", action.note.empty() ? "" : " ", change.until);
    if (auto refused = hold_to_version(call, context, action)) return std::move(*refused);
    const auto& needs = context.dependencies;
    const auto incident = context.store->act(call.id, action, needs.now(), needs.incidents());
    if (incident) {
        if (needs.wake_courier) needs.wake_courier();
        return with_tag(json_response(incident_json(*incident, context)), *incident);
    }
    if (is_done(kind, incident.error())) return one_incident(call, context);
    return failed_action(call, incident.error());
}

}  // namespace

Response list_incidents(const Call& call, Context& context) {
    Parameters parameters(call.request);
    incidents::IncidentFilter filter;
    filter.states = parameters.names("state", &parse_incident_state, "open, acknowledged or resolved");
    filter.severities = parameters.names("severity", &parse_severity, "critical, high, medium, low or info");
    filter.rule = parameters.text("rule");
    for (const auto& text : parameters.all("match")) {
        auto matcher = Matcher::parse(text);
        if (matcher)
            filter.match.push_back(std::move(*matcher));
        else
            parameters.wrong("match", text.substr(0, 200), "a matcher: " + matcher.error().message);
    }
    filter.since = parameters.time("since");
    filter.until = parameters.time("until");
    filter.limit = parameters.integer("limit", 100, 1, 500);
    filter.cursor = parameters.text("cursor", 300);
    if (!filter.cursor.empty() && !incidents::is_cursor(filter.cursor))
        parameters.wrong("cursor", filter.cursor.substr(0, 100), "next_cursor of the page before");
    if (const auto refusal = parameters.refusal()) return *refusal;

    const auto page = context.store->incidents(filter);
    if (!page) return problem(503, page.error().message);
    auto list = json::array();
    for (const auto& incident : page->incidents) list.push_back(incident_json(incident, context));
    return json_response({{"incidents", std::move(list)}, {"next_cursor", or_null(page->next_cursor)}});
}

Response one_incident(const Call& call, Context& context) {
    const auto detail = context.store->incident(call.id);
    if (!detail) return problem(503, detail.error().message);
    if (!*detail) return no_such_incident(call.id);
    const auto& found = **detail;
    auto body = incident_json(found.incident, context);
    body["evidence"] = incidents::to_json(found.evidence);
    body["timeline"] = json::array();
    for (const auto& event : found.timeline) body["timeline"].push_back(incidents::to_json(event));
    body["notices"] = json::array();
    for (const auto& delivery : found.deliveries) body["notices"].push_back(notice_json(delivery));
    auto response = with_tag(json_response(body), found.incident);
    if (!lists_tag(call.request.header("if-none-match"), response.headers.back().second)) return response;
    response.status = 304;
    response.content_type.clear();
    response.body.clear();
    return response;
}

Response acknowledge_incident(const Call& call, Context& context) {
    return act(EventKind::acknowledged, call, context);
}
Response resolve_incident(const Call& call, Context& context) { return act(EventKind::resolved, call, context); }
Response comment_incident(const Call& call, Context& context) { return act(EventKind::commented, call, context); }
Response assign_incident(const Call& call, Context& context) { return act(EventKind::assigned, call, context); }

Response list_deliveries(const Call& call, Context& context) {
    Parameters parameters(call.request);
    incidents::DeliveryFilter filter;
    filter.states = parameters.names("state", &parse_delivery_state, "pending, delivered or dead");
    filter.incident = parameters.text("incident");
    filter.limit = parameters.integer("limit", 100, 1, 500);
    if (const auto refusal = parameters.refusal()) return *refusal;
    const auto deliveries = context.store->deliveries(filter);
    if (!deliveries) return problem(503, deliveries.error().message);
    auto list = json::array();
    for (const auto& delivery : *deliveries) list.push_back(delivery_json(delivery));
    return json_response({{"deliveries", std::move(list)}});
}

}  // namespace meshwarden::web

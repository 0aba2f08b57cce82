// meshwarden notify: does a target work, and what would be sent to whom.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "incidents/identity.hpp"
#include "incidents/store.hpp"
#include "io/http_client.hpp"
#include "notify/answers.hpp"
#include "notify/message.hpp"
#include "notify/text.hpp"

namespace meshwarden::app {
namespace {

using nlohmann::json;

std::string printed(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace); }

int could_not_run(const std::string& why) {
    fmt::print(stderr, "{}\n", why);
    return 3;
}

const notify::Target* find_target(const config::Config& config, const std::string& name) {
    const auto found = std::ranges::find(config.notify.targets, name, &notify::Target::name);
    return found == config.notify.targets.end() ? nullptr : &*found;
}

std::string names_of_targets(const config::Config& config) {
    std::vector<std::string> names;
    std::ranges::transform(config.notify.targets, std::back_inserter(names), &notify::Target::name);
    return names.empty() ? "there is none" : fmt::format("expected one of {}", fmt::join(names, ", "));
}

// Nobody may take it for trouble, and its key is that of no incident.
Notice test_notice(const config::Config& config, const std::string& target, Time now) {
    Notice notice;
    notice.target = target;
    auto& incident = notice.incident;
    incident.rule = "meshwarden-test";
    incident.severity = Severity::info;
    incident.summary =
        fmt::format("Test of target {} by Meshwarden ({}): this is no incident", target, config.instance);
    incident.action = "Nothing: if you read this, the target works";
    incident.started_at = incident.crossed_at = incident.opened_at = incident.updated_at = now;
    incident.fingerprint = incidents::fingerprint_of("meshwarden-test\n" + to_rfc3339(now), 1);
    incident.id = incidents::id_of(now, incident.fingerprint);
    notice.created_at = now;
    notice.idempotency_key = incident.fingerprint + ":opened:0";
    return notice;
}

void resolve(Notice& notice, Time now) {
    notice.reason = NoticeReason::resolved;
    notice.incident.state = IncidentState::resolved;
    notice.incident.resolved_at = now;
    notice.incident.resolve_reason = "quiet";
    notice.idempotency_key = notice.incident.fingerprint + ":resolved:1";
}

struct Sent {
    NoticeReason reason;
    std::string result;  // delivered, refused, unreachable
    std::string answer;
    int exit_code = 0;
};

Sent send(const notify::Target& target, const config::Config& config, const Notice& notice, const io::Clock& clock) {
    const auto message = notify::compose(target, config.notify, notice, clock.now());
    if (!message) return {notice.reason, "unreachable", message.error().message, 3};
    io::HttpClient client;
    auto response = client.send(message->endpoint, message->request);
    if (!response) return {notice.reason, "unreachable", notify::redact(response.error().message, message->secrets), 3};
    response->body = notify::redact(std::move(response->body), message->secrets);
    const auto outcome = notify::judge(target.kind, *response, clock.now());
    const bool taken = outcome.kind == notify::Outcome::delivered;
    return {notice.reason, taken ? "delivered" : "refused", outcome.answer, taken ? 0 : 1};
}

// As the courier would send it; nothing that is secret is left in it.
json shown(const notify::Target& target, const notify::Message& message) {
    const auto open = [&](const std::string& text) { return notify::redact(text, message.secrets); };
    json headers{{"Content-Type", message.request.content_type}};
    for (const auto& [name, value] : message.request.headers) headers[name] = open(value);
    for (const auto& [name, value] : target.endpoint.headers) headers[name] = "[redacted]";
    if (!target.endpoint.bearer_token_file.empty() || !target.endpoint.username.empty())
        headers["Authorization"] = "[redacted]";
    auto body = json::parse(open(message.request.body), nullptr, false);
    if (body.is_discarded()) body = open(message.request.body);
    return {{"target", target.name},
            {"method", message.request.method},
            {"url", open(message.endpoint.url + message.request.path)},
            {"headers", std::move(headers)},
            {"body", std::move(body)}};
}

Notice notice_of(const incidents::IncidentDetail& detail, const std::string& target) {
    Notice notice;
    notice.target = target;
    notice.incident = detail.incident;
    notice.reason = detail.incident.state == IncidentState::resolved ? NoticeReason::resolved : NoticeReason::opened;
    notice.event_seq = detail.timeline.empty() ? 0 : detail.timeline.back().seq;
    notice.idempotency_key =
        fmt::format("{}:{}:{}", detail.incident.fingerprint, to_string(notice.reason), notice.event_seq);
    notice.top_sources = detail.evidence.top_sources;
    notice.notes = detail.evidence.notes;
    return notice;
}

void print(const json& message) {
    fmt::print("route {} -> {}\n{} {}\n", message["route"].get<std::size_t>(), message["target"].get<std::string>(),
               message["method"].get<std::string>(), message["url"].get<std::string>());
    for (const auto& [name, value] : message["headers"].items()) fmt::print("{}: {}\n", name, value.get<std::string>());
    fmt::print("\n{}\n\n", printed(message["body"]));
}

// What every route that takes the incident would send.
// `failures`: the targets for which nothing can be written, with the reason.
json messages_of(const config::Config& config, const incidents::IncidentDetail& detail, Time now,
                 std::vector<std::string>& failures) {
    auto messages = json::array();
    const auto labels = routing_labels(detail.incident);
    const auto& routes = config.incidents.routes;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const auto targets = targets_for({routes[i]}, labels);
        for (const auto& name : targets) {
            const auto* target = find_target(config, name);
            if (!target) continue;
            auto message = notify::compose(*target, config.notify, notice_of(detail, name), now);
            if (!message) {
                failures.push_back(fmt::format("{}: {}", name, message.error().message));
                continue;
            }
            messages.push_back(shown(*target, *message));
            messages.back()["route"] = i;
        }
        if (all_match(routes[i].match, labels) && !routes[i].goes_on) break;
    }
    return messages;
}

}  // namespace

int notify_test(const std::string& config_file, const std::string& name, Format format) {
    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;
    const auto* target = find_target(*config, name);
    if (!target) {
        fmt::print(stderr, "{}: no target {}, {}\n", config_file, name, names_of_targets(*config));
        return 2;
    }
    const io::SystemClock clock;
    auto notice = test_notice(*config, name, clock.now());
    std::vector<Sent> all{send(*target, *config, notice, clock)};
    // Where an incident stays open until it is resolved, this one must not.
    if (all.front().exit_code == 0 && target->kind != notify::TargetKind::slack) {
        resolve(notice, clock.now());
        all.push_back(send(*target, *config, notice, clock));
    }
    auto listed = json::array();
    for (const auto& sent : all) {
        exit_code = std::max(exit_code, sent.exit_code);
        if (format == Format::text)
            fmt::print("{}: {}: {}: {}\n", name, to_string(sent.reason), sent.result, sent.answer);
        listed.push_back({{"reason", to_string(sent.reason)}, {"result", sent.result}, {"answer", sent.answer}});
    }
    if (format == Format::json)
        fmt::print("{}\n", printed({{"target", name}, {"ok", exit_code == 0}, {"sent", listed}}));
    return exit_code;
}

int notify_dry_run(const std::string& config_file, const std::string& id, Format format) {
    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;
    const auto store = incidents::open_store_read_only(config->storage_url);
    if (!store) return could_not_run(store.error().message);
    const auto detail = (*store)->incident(id);
    if (!detail) return could_not_run(detail.error().message);
    if (!*detail) {
        fmt::print(stderr, "no incident {} in {}\n", id, config->storage_url);
        return 1;
    }
    std::vector<std::string> failures;
    const auto messages = messages_of(*config, **detail, io::SystemClock().now(), failures);
    for (const auto& failure : failures) fmt::print(stderr, "{}\n", failure);
    exit_code = failures.empty() ? 0 : 3;
    if (format == Format::json) {
        fmt::print("{}\n", printed({{"incident", id}, {"messages", messages}}));
        return exit_code;
    }
    for (const auto& message : messages) print(message);
    if (messages.empty() && failures.empty()) fmt::print("no route takes incident {}: nobody would be told\n", id);
    return exit_code;
}

}  // namespace meshwarden::app

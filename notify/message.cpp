#include "notify/message.hpp"

#include <fmt/format.h>

#include <functional>

#include "notify/alertmanager.hpp"
#include "notify/answers.hpp"
#include "notify/pagerduty.hpp"
#include "notify/secrets.hpp"
#include "notify/slack.hpp"
#include "notify/text.hpp"
#include "notify/webhook.hpp"

namespace meshwarden::notify {
namespace {

constexpr std::size_t routing_key_length = 32;
constexpr std::size_t max_answer_body = 1u << 20;

// A file that is missing or wrong is mended by a person while the notice waits, so it is never a final answer.
Result<std::string> secret_in(const std::string& file, bool (*is_right)(std::string_view), std::string_view expected) {
    auto secret = io::read_secret(file);
    if (!secret) return secret;
    if (!is_right(*secret)) return fail(fmt::format("the secret file {} does not hold {}", file, expected));
    return secret;
}

Message blank(const Target& target) {
    Message message{target.kind, target.endpoint, {}, secrets_of(target.endpoint)};
    message.endpoint.max_body = max_answer_body;
    message.request.method = "POST";
    message.request.content_type = "application/json";
    return message;
}

Result<Message> to_slack(const Target& target, std::string body) {
    const auto url = secret_in(target.url_file, is_link, "a webhook's URL");
    if (!url) return std::unexpected(url.error());
    Message message = blank(target);
    message.endpoint.url = *url;
    message.request.body = std::move(body);
    message.secrets = secrets_of(message.endpoint);
    return message;
}

// The body holds the routing key.
Result<Message> to_pagerduty(const Target& target, const std::function<std::string(const std::string&)>& body) {
    const auto key = secret_in(
        target.routing_key_file, [](std::string_view text) { return text.size() == routing_key_length; },
        "a routing key of 32 characters");
    if (!key) return std::unexpected(key.error());
    Message message = blank(target);
    message.request.body = body(*key);
    message.secrets.push_back(*key);
    return message;
}

Result<Message> to_webhook(const Target& target, std::string body, const std::string& idempotency_key) {
    Message message = blank(target);
    message.request.body = std::move(body);
    message.request.headers = {{"Idempotency-Key", idempotency_key}};
    if (target.hmac_secret_file.empty()) return message;
    const auto secret = secret_in(
        target.hmac_secret_file, [](std::string_view text) { return !text.empty(); }, "anything");
    if (!secret) return std::unexpected(secret.error());
    message.request.headers.emplace_back("X-Meshwarden-Signature", webhook_signature(message.request.body, *secret));
    message.secrets.push_back(*secret);
    return message;
}

Message to_alertmanager(const Target& target, std::string body) {
    Message message = blank(target);
    while (message.endpoint.url.ends_with('/')) message.endpoint.url.pop_back();
    message.request.path = "/api/v2/alerts";
    message.request.body = std::move(body);
    return message;
}

// Change events have an address of their own beside that of alerts.
std::string changes_url(std::string url) {
    constexpr std::string_view alerts = "/v2/enqueue";
    if (url.ends_with(alerts)) url.replace(url.size() - alerts.size(), alerts.size(), "/v2/change/enqueue");
    return url;
}

Outcome unreachable(const Error& error) {
    return {Outcome::retry, Duration(0), true, plain_bytes(error.message, max_answer_bytes)};
}

}  // namespace

Result<Message> compose(const Target& target, const Options& options, const Notice& notice, Time now) {
    switch (target.kind) {
        case TargetKind::slack: return to_slack(target, slack_message(notice, options));
        case TargetKind::pagerduty:
            return to_pagerduty(target, [&](const auto& key) { return pagerduty_event(notice, options, key); });
        case TargetKind::webhook: return to_webhook(target, webhook_body(notice, options), notice.idempotency_key);
        case TargetKind::alertmanager: break;
    }
    return to_alertmanager(target, alertmanager_alerts({&notice.incident, 1}, options, now));
}

Result<Message> compose_pulse(const Target& target, const Options& options, const Pulse& pulse, Time now,
                              Duration interval) {
    switch (target.kind) {
        case TargetKind::slack: return to_slack(target, slack_pulse(pulse, options));
        case TargetKind::webhook:
            return to_webhook(target, webhook_pulse(pulse, options, now, target.name), webhook_pulse_key(options, now));
        case TargetKind::alertmanager:
            return to_alertmanager(target, alertmanager_pulse(pulse, options, now, interval));
        case TargetKind::pagerduty: break;
    }
    auto message =
        to_pagerduty(target, [&](const auto& key) { return pagerduty_pulse(pulse, options, now, key); });
    if (message) message->endpoint.url = changes_url(target.endpoint.url);
    return message;
}

Message compose_alerts(const Target& target, const Options& options, std::span<const Incident> incidents, Time now) {
    return to_alertmanager(target, alertmanager_alerts(incidents, options, now));
}

Outcome post(io::HttpClient& client, const Message& message, const io::Clock& clock, std::stop_token stop) {
    auto response = client.send(message.endpoint, message.request, stop);
    if (!response) return unreachable({redact(response.error().message, message.secrets)});
    // Before it is shortened, so that no half of a secret is left at the end.
    response->body = redact(std::move(response->body), message.secrets);
    return judge(message.kind, *response, clock.now());
}

HttpNotifier::HttpNotifier(const Target& target, const Options& options, const io::Clock& clock)
    : target_(target), options_(options), clock_(clock) {}

Outcome HttpNotifier::send(const Notice& notice, std::stop_token stop) {
    const auto message = compose(target_, options_, notice, clock_.now());
    return message ? post(client_, *message, clock_, stop) : unreachable(message.error());
}

Outcome HttpNotifier::keep_alive(std::span<const Incident> incidents, std::stop_token stop) {
    return post(client_, compose_alerts(target_, options_, incidents, clock_.now()), clock_, stop);
}

}  // namespace meshwarden::notify

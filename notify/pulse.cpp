#include "notify/pulse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ranges>

#include "model/digest.hpp"
#include "notify/text.hpp"

namespace meshwarden::notify {
namespace {

using nlohmann::json;

constexpr std::size_t shown_signals = 20, name_units = 200, error_units = 500, sentence_units = 4000;
constexpr const char* alert_name = "MeshwardenHeartbeat";
constexpr int intervals_alive = 3;

std::string dumped(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

int open_incidents(const Pulse& pulse) {
    int sum = 0;
    for (const auto& [severity, count] : pulse.open_by_severity) sum += count;
    return sum;
}

json error_json(const std::string& error) { return error.empty() ? json() : json(plain(error, error_units).text); }

json details_of(const Pulse& pulse, const Options& options, Time now) {
    json blind = json::array();
    for (const auto& signal : pulse.blind_signals | std::views::take(shown_signals))
        blind.push_back(plain(signal, name_units).text);
    return {{"instance", plain(options.instance, name_units).text},
            {"version", pulse.version},
            {"at", to_rfc3339(now)},
            {"head_hash", pulse.head_hash},
            {"head_seq", pulse.head_seq},
            {"incidents_open", pulse.open_by_severity},
            {"blind_signals", std::move(blind)},
            {"blind_signals_count", pulse.blind_signals.size()},
            {"read_error", error_json(pulse.read_error)},
            {"storage_error", error_json(pulse.storage_error)}};
}

json labels_of(const Options& options) {
    return {{"alertname", alert_name}, {"instance", plain(options.instance, name_units).text}, {"severity", "none"}};
}

json annotations_of(const Pulse& pulse, const Options& options) {
    return {{"summary", plain(pulse_text(pulse, options), sentence_units).text},
            {"version", pulse.version},
            {"head_hash", pulse.head_hash},
            {"head_seq", std::to_string(pulse.head_seq)}};
}

std::string fingerprint_of(const Options& options) { return sha256_hex("heartbeat\n" + options.instance); }

std::string incidents_text(const Pulse& pulse) {
    if (!pulse.read_error.empty()) return "the store cannot be read: " + pulse.read_error;
    return fmt::format("{} incidents open", open_incidents(pulse));
}

std::string head_text(const Pulse& pulse) {
    if (!pulse.read_error.empty()) return "";
    if (pulse.head_hash.empty()) return "; no event yet";
    return fmt::format("; event {}, head {}", pulse.head_seq, pulse.head_hash);
}

}  // namespace

std::string pulse_text(const Pulse& pulse, const Options& options) {
    std::string text = fmt::format("{} is alive (Meshwarden {}): {}", options.instance, pulse.version,
                                   incidents_text(pulse));
    const auto& blind = pulse.blind_signals;
    if (!blind.empty()) {
        text += fmt::format(", {} signals blind: {}", blind.size(),
                            fmt::join(blind | std::views::take(shown_signals), ", "));
        if (blind.size() > shown_signals) text += ", ...";
    }
    text += head_text(pulse);
    if (!pulse.storage_error.empty()) text += "; what is found is NOT SAVED: " + pulse.storage_error;
    return text;
}

std::string slack_pulse(const Pulse& pulse, const Options& options) {
    return dumped({{"text", mrkdwn(pulse_text(pulse, options), sentence_units).text}, {"unfurl_links", false}});
}

std::string pagerduty_pulse(const Pulse& pulse, const Options& options, Time now, const std::string& routing_key) {
    constexpr std::size_t summary_units = 1024, source_units = 255;
    return dumped({{"routing_key", routing_key},
                   {"payload",
                    {{"summary", plain(pulse_text(pulse, options), summary_units).text},
                     {"source", plain(options.instance, source_units).text},
                     {"timestamp", to_rfc3339(now)},
                     {"custom_details", details_of(pulse, options, now)}}}});
}

std::string alertmanager_pulse(const Pulse& pulse, const Options& options, Time now, Duration interval) {
    return dumped(json::array({{{"labels", labels_of(options)},
                                {"annotations", annotations_of(pulse, options)},
                                {"startsAt", to_rfc3339(now)},
                                {"endsAt", to_rfc3339(now + intervals_alive * interval)}}}));
}

std::string webhook_pulse(const Pulse& pulse, const Options& options, Time now, const std::string& receiver) {
    const json labels = labels_of(options), annotations = annotations_of(pulse, options);
    const json alert = {{"status", "firing"},          {"labels", labels},
                        {"annotations", annotations},  {"startsAt", to_rfc3339(now)},
                        {"endsAt", "0001-01-01T00:00:00Z"}, {"generatorURL", options.external_url},
                        {"fingerprint", fingerprint_of(options)}};
    return dumped({{"version", "4"},
                   {"groupKey", plain(options.instance + ":heartbeat", name_units).text},
                   {"truncatedAlerts", 0},
                   {"status", "firing"},
                   {"receiver", plain(receiver, name_units).text},
                   {"groupLabels", {{"alertname", alert_name}}},
                   {"commonLabels", labels},
                   {"commonAnnotations", annotations},
                   {"externalURL", options.external_url},
                   {"alerts", json::array({alert})},
                   {"notification_reason", "heartbeat"},
                   {"meshwarden", details_of(pulse, options, now)}});
}

std::string webhook_pulse_key(const Options& options, Time now) {
    return fmt::format("{}:heartbeat:{}", fingerprint_of(options), now.time_since_epoch().count());
}

}  // namespace meshwarden::notify

#include "notify/webhook.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "notify/alert.hpp"
#include "notify/text.hpp"
#include "notify/wording.hpp"

namespace meshwarden::notify {
namespace {

using nlohmann::json;

constexpr std::string_view never = "0001-01-01T00:00:00Z";

json sources_of(const Notice& notice) {
    json out = json::array();
    for (const auto& source : notice.top_sources) {
        json labels = json::object();
        for (const auto& [name, value] : source.labels) labels[plain(name, 200).text] = plain(value, 2000).text;
        out.push_back({{"labels", std::move(labels)}, {"value", source.value}});
    }
    return out;
}

// Beside the version's own keys, which receivers that know only Alertmanager ignore.
json more_of(const Notice& notice) {
    json notes = json::array();
    for (const auto& note : remarks(notice.incident)) notes.push_back(note);
    for (const auto& note : notice.notes) notes.push_back(plain(note, 2000).text);
    return {{"value", notice.incident.value},
            {"threshold", notice.incident.threshold},
            {"window", to_string(notice.incident.window)},
            {"state", to_string(notice.incident.state)},
            {"top_sources", sources_of(notice)},
            {"notes", std::move(notes)}};
}

}  // namespace

std::string webhook_body(const Notice& notice, const Options& options) {
    const auto& incident = notice.incident;
    const bool over = notice.reason == NoticeReason::resolved;
    const json labels = alert_labels(incident);
    const json annotations = alert_annotations(incident, options);
    const std::string page = incident_url(options, incident);
    const char* status = over ? "resolved" : "firing";
    const json alert = {{"status", status},
                        {"labels", labels},
                        {"annotations", annotations},
                        {"startsAt", to_rfc3339(incident.started_at)},
                        {"endsAt", over ? to_rfc3339(alert_end(incident, notice.created_at)) : std::string(never)},
                        {"generatorURL", page},
                        {"fingerprint", incident.fingerprint}};
    const json body = {{"version", "4"},
                       {"groupKey", plain(fmt::format("{}:{}", options.instance, incident.fingerprint), 1000).text},
                       {"truncatedAlerts", 0},
                       {"status", status},
                       {"receiver", plain(notice.target, 200).text},
                       {"groupLabels", {{"alertname", labels["alertname"]}, {"incident", labels["incident"]}}},
                       {"commonLabels", labels},
                       {"commonAnnotations", annotations},
                       {"externalURL", options.external_url},
                       {"alerts", json::array({alert})},
                       {"notification_reason", to_string(notice.reason)},
                       {"meshwarden", more_of(notice)}};
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string webhook_signature(std::string_view body, std::string_view secret) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned length = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(body.data());
    if (!HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, body.size(), digest.data(), &length))
        throw std::runtime_error("OpenSSL refused to compute an HMAC");
    std::string out = "sha256=";
    for (unsigned i = 0; i < length; ++i) out += fmt::format("{:02x}", digest[i]);
    return out;
}

}  // namespace meshwarden::notify

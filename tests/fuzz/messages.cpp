// What strangers may name, on its way into Slack, PagerDuty and the webhook: within their limits, valid, harmless.
#include <nlohmann/json.hpp>

#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/text.hpp"
#include "notify/webhook.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using fuzz::promise;

namespace {

void check_text(std::string_view bytes, std::size_t units) {
    const auto shown = plain(bytes, units).text;
    promise(length_units(shown) <= units, "a plain text keeps its limit");
    promise(plain(shown, units).text == shown, "what is plain stays as it is");
    const auto escaped = mrkdwn(bytes, units).text;
    promise(length_units(escaped) <= units, "a mrkdwn text keeps its limit");
    promise(escaped.find_first_of("<>") == std::string::npos, "no mrkdwn text forms a mention or a link");
    for (auto at = escaped.find('&'); at != escaped.npos; at = escaped.find('&', at + 1)) {
        const auto rest = std::string_view(escaped).substr(at);
        promise(rest.starts_with("&amp;") || rest.starts_with("&lt;") || rest.starts_with("&gt;"),
                "an entity is whole");
    }
    promise(plain_bytes(bytes, units).size() <= units, "a text keeps its limit of bytes");
}

void check_slack(const std::string& message) {
    const auto body = nlohmann::json::parse(message);
    promise(body.at("blocks").size() <= 50, "Slack takes 50 blocks");
    promise(length_units(body.at("text").get<std::string>()) <= 4000, "Slack takes 4000 characters of text");
    promise(length_units(message) <= 40'000, "a message is bounded");
}

void check_pagerduty(const std::string& event, const Notice& notice) {
    const auto body = nlohmann::json::parse(event);
    promise(event.size() <= 512'000, "PagerDuty takes 512,000 bytes");
    promise(body.at("dedup_key") == pagerduty_dedup_key({}, notice.incident), "one incident has one key");
    if (body.contains("payload"))
        promise(length_units(body["payload"].at("summary").get<std::string>()) <= 1024, "a summary is bounded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(fuzz::text_of(data + 1, size - 1));
    check_text(text, 8 + data[0] % 64);
    is_link(text);
    const auto reason = all_reasons[data[0] % all_reasons.size()];
    Notice notice = hostile_notice(reason, text);
    notice.incident.resolved_at = notice.created_at;
    notice.notes.resize(5);  // a hundred of them are the tests' question, and slow
    Options options;
    check_slack(slack_message(notice, options));
    check_pagerduty(pagerduty_event(notice, options, "0123456789abcdef0123456789abcdef"), notice);
    promise(nlohmann::json::accept(webhook_body(notice, options)), "a webhook's body is JSON");
    return 0;
}

// Prints what goes out, a JSON object a line, for the strict doubles (test_doubles.py): every reason, for an ordinary
// incident and for hostile ones. Each line: kind, name, reason, key (Idempotency-Key), signature, body.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "model/digest.hpp"
#include "notify/alertmanager.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/webhook.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;

namespace {

const std::string routing_key = "0123456789abcdef0123456789abcdef", hmac_secret = "a secret";

void print(const std::string& kind, const std::string& name, const Notice& notice, const std::string& body) {
    const nlohmann::json line = {{"kind", kind},
                                 {"name", name},
                                 {"reason", to_string(notice.reason)},
                                 {"key", notice.idempotency_key},
                                 {"signature", webhook_signature(body, hmac_secret)},
                                 {"body", body}};
    std::puts(line.dump().c_str());
}

void print_all(const std::string& name, Notice notice) {
    Options options;
    options.external_url = "https://warden.example/";
    notice.incident.fingerprint = sha256_hex(name);
    notice.idempotency_key = notice.incident.fingerprint + ":" + std::string(to_string(notice.reason)) + ":42";
    print("slack", name, notice, slack_message(notice, options));
    print("pagerduty", name, notice, pagerduty_event(notice, options, routing_key));
    if (notice.reason == NoticeReason::acknowledged) return;  // only PagerDuty is told of those
    print("webhook", name, notice, webhook_body(notice, options));
    print("alertmanager", name, notice, alertmanager_alerts({&notice.incident, 1}, options, notice.created_at));
}

}  // namespace

int main() {
    for (const auto reason : {NoticeReason::opened, NoticeReason::escalated, NoticeReason::still_open,
                              NoticeReason::acknowledged, NoticeReason::resolved}) {
        print_all("ordinary", a_notice(reason));
        for (const auto& [name, text] : hostile_texts()) {
            Notice notice = hostile_notice(reason, text);
            notice.incident.resolved_at = notice.created_at;
            print_all(name, notice);
        }
    }
}

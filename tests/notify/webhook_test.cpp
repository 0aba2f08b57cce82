#include "notify/webhook.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <nlohmann/json.hpp>

#include "notify/alertmanager.hpp"
#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using nlohmann::json;

namespace {

Options options() {
    Options out;
    out.external_url = "https://warden.example";
    return out;
}

json body(const Notice& notice) { return json::parse(webhook_body(notice, options())); }

}  // namespace

TEST_CASE("webhook: an opened incident, word for word") {
    std::ifstream file(MESHWARDEN_TEST_DATA "/notify/webhook_opened.json");
    REQUIRE(file);
    CHECK(body(a_notice()).dump(1) == json::parse(file).dump(1));
}

TEST_CASE("webhook: only a resolved incident has an end") {
    for (const auto reason : all_reasons) {
        const auto sent = body(a_notice(reason));
        const bool over = reason == NoticeReason::resolved;
        CHECK(sent["status"] == (over ? "resolved" : "firing"));
        CHECK(sent["alerts"][0]["status"] == sent["status"]);
        CHECK(sent["alerts"][0]["endsAt"] == (over ? "2026-01-01T00:12:00.500Z" : "0001-01-01T00:00:00Z"));
        CHECK(sent["alerts"][0]["annotations"]["action"] == "Investigate the source service");
        CHECK(sent["notification_reason"] == to_string(reason));
    }
}

TEST_CASE("webhook: an end before the beginning is none") {
    auto notice = a_notice(NoticeReason::resolved);
    notice.incident.resolved_at = notice.incident.started_at - std::chrono::hours(1);
    CHECK(body(notice)["alerts"][0]["endsAt"] == body(notice)["alerts"][0]["startsAt"]);
}

TEST_CASE("webhook: hostile labels are valid JSON of the same shape, with good label names") {
    for (const auto& [name, text] : hostile_texts()) {
        INFO(name);
        const auto sent = body(hostile_notice(NoticeReason::opened, text));
        for (const auto& [label, value] : sent["alerts"][0]["labels"].items()) {
            CHECK_FALSE(label.empty());
            CHECK(std::ranges::all_of(label, [](unsigned char c) { return std::isalnum(c) || c == '_'; }));
            CHECK(value.is_string());
        }
        CHECK(sent["alerts"][0]["labels"]["incident"] == "01HZX3");
    }
}

TEST_CASE("webhook: the signature is HMAC-SHA256") {
    // RFC 4231, test cases 2 and 6
    CHECK(webhook_signature("what do ya want for nothing?", "Jefe") ==
          "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(webhook_signature("Test Using Larger Than Block-Size Key - Hash Key First", std::string(131, '\xaa')) ==
          "sha256=60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("alertmanager: firing alerts end by themselves, resolved ones when they ended") {
    const std::vector<Incident> incidents{a_notice().incident, a_notice(NoticeReason::resolved).incident};
    const auto now = at("2026-01-01T00:10:00.000Z");
    const auto alerts = json::parse(alertmanager_alerts(incidents, options(), now));
    REQUIRE(alerts.size() == 2);
    CHECK(alerts[0]["endsAt"] == "2026-01-01T00:15:00.000Z");
    CHECK(alerts[1]["endsAt"] == "2026-01-01T00:12:00.500Z");
    CHECK(alerts[0]["labels"] == alerts[1]["labels"]);
    CHECK(alerts[0]["labels"]["alertname"] == "authz-denials");
    CHECK(alerts[0]["annotations"]["action"] == "Investigate the source service");
    CHECK(alerts[0]["generatorURL"] == "https://warden.example/incidents/01HZX3");
    CHECK_FALSE(json::parse(alertmanager_alerts(incidents, Options{}, now))[0].contains("generatorURL"));
    CHECK(alertmanager_alerts({}, options(), now) == "[]");
}

#include "notify/pagerduty.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using nlohmann::json;

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";

Options options() {
    Options out;
    out.external_url = "https://warden.example";
    return out;
}

json event(const Notice& notice) { return json::parse(pagerduty_event(notice, options(), key)); }

}  // namespace

TEST_CASE("pagerduty: an opened incident, word for word") {
    std::ifstream file(MESHWARDEN_TEST_DATA "/notify/pagerduty_opened.json");
    REQUIRE(file);
    CHECK(event(a_notice()).dump(1) == json::parse(file).dump(1));
}

TEST_CASE("pagerduty: what each reason does to the alert") {
    const std::vector<std::pair<NoticeReason, std::string>> table{{NoticeReason::opened, "trigger"},
                                                                  {NoticeReason::escalated, "trigger"},
                                                                  {NoticeReason::still_open, "trigger"},
                                                                  {NoticeReason::acknowledged, "acknowledge"},
                                                                  {NoticeReason::resolved, "resolve"}};
    const auto first = event(a_notice());
    for (const auto& [reason, action] : table) {
        const auto sent = event(a_notice(reason));
        CHECK(sent["event_action"] == action);
        CHECK(sent["dedup_key"] == first["dedup_key"]);
        CHECK(sent["payload"]["custom_details"]["action"] == "Investigate the source service");
    }
}

TEST_CASE("pagerduty: severities in their words") {
    const std::vector<std::pair<Severity, std::string>> table{{Severity::critical, "critical"},
                                                              {Severity::high, "error"},
                                                              {Severity::medium, "warning"},
                                                              {Severity::low, "info"},
                                                              {Severity::info, "info"}};
    for (const auto& [severity, word] : table) {
        auto notice = a_notice();
        notice.incident.severity = severity;
        CHECK(event(notice)["payload"]["severity"] == word);
    }
}

TEST_CASE("pagerduty: hostile labels stay within the limits") {
    for (const auto& [name, text] : hostile_texts())
        for (const auto reason : all_reasons) {
            INFO(name);
            const auto bytes = pagerduty_event(hostile_notice(reason, text), options(), key);
            CHECK(bytes.size() <= 512'000);
            const auto sent = json::parse(bytes);
            CHECK(sent["payload"]["summary"].get<std::string>().size() <= 4 * 1024);
            CHECK_FALSE(sent["payload"]["source"].get<std::string>().empty());
            CHECK_FALSE(sent["payload"]["custom_details"]["action"].get<std::string>().empty());
        }
}

TEST_CASE("pagerduty: details that are too large make way for a note") {
    auto notice = a_notice();
    std::vector<Labels::Pair> many;
    for (int i = 0; i < 400; ++i) many.emplace_back("label" + std::to_string(i), std::string(500, 'x'));
    notice.top_sources.assign(10, {Labels(many), 1});
    const auto bytes = pagerduty_event(notice, options(), key);
    CHECK(bytes.size() <= 512'000);
    const auto details = json::parse(bytes)["payload"]["custom_details"];
    CHECK(details["cut"].get<std::string>().find("PagerDuty takes 512000") != std::string::npos);
    CHECK(details["action"] == "Investigate the source service");
}

TEST_CASE("pagerduty: the dedup key names instance and fingerprint and is never too long") {
    auto notice = a_notice();
    CHECK(pagerduty_dedup_key(options(), notice.incident) == "meshwarden:" + notice.incident.fingerprint);
    Options long_name = options();
    long_name.instance = std::string(300, 'i');
    const auto hashed = pagerduty_dedup_key(long_name, notice.incident);
    CHECK(hashed.size() == 64);
    notice.incident.fingerprint = "other";
    CHECK(pagerduty_dedup_key(long_name, notice.incident) != hashed);
}

TEST_CASE("pagerduty: numbers that JSON lacks do not break the event") {
    auto notice = a_notice();
    notice.incident.value = std::numeric_limits<double>::quiet_NaN();
    CHECK(event(notice)["payload"]["custom_details"]["value"].is_null());
}

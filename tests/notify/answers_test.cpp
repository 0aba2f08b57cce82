#include "notify/answers.hpp"

#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;

namespace {

struct Row {
    TargetKind kind;
    int status;
    std::string body;
    Outcome::Kind expected;
};

const Time now = at("2026-01-01T00:00:00.000Z");

}  // namespace

TEST_CASE("answers: what is taken, what is tried again, what is final") {
    using enum TargetKind;
    using enum Outcome::Kind;
    const std::vector<Row> table{
        {slack, 200, "ok", delivered},
        {slack, 200, "ok\n", delivered},
        {slack, 200, R"({"ok":true})", delivered},
        {slack, 200, "invalid_blocks", give_up},
        {slack, 200, "restricted_action_read_only_channel", give_up},
        {slack, 200, R"({"ok":false,"error":"channel_not_found"})", give_up},
        {slack, 200, "ratelimited", retry},
        {slack, 200, R"({"ok":false,"error":"rate_limited"})", retry},
        {slack, 200, "service_unavailable", retry},
        {slack, 200, "team_added_to_org", retry},
        {slack, 200, "", retry},
        {slack, 200, "<html>Sign in</html>", retry},
        {slack, 201, "ok", retry},
        {slack, 302, "", retry},
        {slack, 400, "invalid_attachments", give_up},
        {slack, 403, "invalid_token", give_up},
        {slack, 404, "no_service", give_up},
        {slack, 408, "", give_up},
        {slack, 410, "channel_is_archived", give_up},
        {slack, 429, "", retry},
        {slack, 500, "rollup_error", retry},
        {slack, 503, "", retry},
        {pagerduty, 202, R"({"status":"success"})", delivered},
        {pagerduty, 202, "", delivered},
        {pagerduty, 200, R"({"status":"success"})", delivered},
        {pagerduty, 200, "<html>Sign in</html>", retry},
        {pagerduty, 400, R"({"status":"invalid event"})", give_up},
        {pagerduty, 403, "", give_up},
        {pagerduty, 429, "", retry},
        {pagerduty, 500, "", retry},
        {pagerduty, 504, "", retry},
        {alertmanager, 200, "", delivered},
        {alertmanager, 400, "bad", give_up},
        {alertmanager, 500, "", retry},
        {webhook, 200, "", delivered},
        {webhook, 204, "", delivered},
        {webhook, 299, "", delivered},
        {webhook, 301, "", retry},
        {webhook, 400, "", give_up},
        {webhook, 404, "", give_up},
        {webhook, 408, "", retry},
        {webhook, 410, "", give_up},
        {webhook, 429, "", retry},
        {webhook, 502, "", retry}};
    for (const auto& row : table) {
        INFO(int(row.kind) << " " << row.status << " " << row.body);
        CHECK(judge(row.kind, {row.status, row.body, "", {}}, now).kind == row.expected);
    }
}

TEST_CASE("answers: Retry-After in seconds, as a date, bounded, or nonsense") {
    using namespace std::chrono_literals;
    const std::vector<std::pair<std::string, std::optional<Duration>>> table{
        {"2", 2s},
        {" 2 ", 2s},
        {"0", 0s},
        {"1.5", 1500ms},
        {"-5", 0s},
        {"3600", 1h},
        {"999999999999999999999999", 1h},
        {"Thu, 01 Jan 2026 00:00:30 GMT", 30s},
        {"Wed, 31 Dec 2025 23:00:00 GMT", 0s},
        {"Fri, 01 Jan 2027 00:00:00 GMT", 1h},
        {"Thu, 32 Jan 2026 00:00:30 GMT", std::nullopt},
        {"Thu, 01 Foo 2026 00:00:30 GMT", std::nullopt},
        {"soon", std::nullopt},
        {"", std::nullopt},
        {"2 seconds", std::nullopt},
        {"nan", std::nullopt}};
    for (const auto& [header, expected] : table) {
        INFO(header);
        CHECK(parse_retry_after(header, now) == expected);
    }
}

TEST_CASE("answers: a target that asks to wait is left alone as a whole") {
    using namespace std::chrono_literals;
    const auto asked = judge(TargetKind::webhook, {429, "", "7", {}}, now);
    CHECK(asked.retry_after == 7s);
    CHECK(asked.target_wide);
    CHECK(judge(TargetKind::slack, {429, R"({"retry_after":3,"ok":false})", "", {}}, now).retry_after == 3s);
    CHECK(judge(TargetKind::slack, {429, R"({"retry_after":1e99})", "", {}}, now).retry_after == 1h);
    CHECK(judge(TargetKind::webhook, {503, "", "5", {}}, now).retry_after == 5s);
    CHECK_FALSE(judge(TargetKind::webhook, {500, "", "", {}}, now).target_wide);
    CHECK(judge(TargetKind::webhook, {404, "", "5", {}}, now).retry_after == 0s);
}

TEST_CASE("answers: what is kept of an answer is bounded text") {
    const auto answer = judge(TargetKind::webhook, {500, std::string(100'000, '\xff'), "", {}}, now).answer;
    CHECK(answer.size() <= 500);
    CHECK(answer.starts_with("500 \uFFFD"));
    CHECK(judge(TargetKind::webhook, {500, "  no\nroom ", "", {}}, now).answer == "500 no room");
}

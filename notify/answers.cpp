#include "notify/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "notify/text.hpp"

namespace meshwarden::notify {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 7> slack_transient{
    "ratelimited",    "rate_limited", "request_timeout",  "service_unavailable",
    "fatal_error",    "internal_error", "team_added_to_org"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

bool is_transient_status(int status) { return status == 429 || status == 408 || status == 425 || status >= 500; }

// Anything else that is no answer of this protocol, a proxy's redirect or page say, may pass: it is tried again.
Outcome::Kind by_status(int status) {
    if (status >= 400 && !is_transient_status(status)) return Outcome::give_up;
    return Outcome::retry;
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    return first == text.npos ? "" : std::string(text.substr(first, text.find_last_not_of(blank) - first + 1));
}

// Slack says what is wrong in one word, in plain text or as {"ok":false,"error":WORD}.
std::string slack_word(const std::string& body) {
    const auto parsed = json::parse(body, nullptr, false);
    if (!parsed.is_object()) return trimmed(body);
    if (parsed.value("ok", json()) == true) return "ok";
    const auto error = parsed.value("error", json());
    return error.is_string() ? error.get<std::string>() : "";
}

bool is_word(std::string_view text) {
    return !text.empty() && text.size() <= 100 &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == text.npos;
}

Outcome::Kind judge_slack(const io::Response& response) {
    const bool refused = response.status >= 400 && response.status < 500 && response.status != 429;
    if (response.status != 200) return refused ? Outcome::give_up : Outcome::retry;
    const auto word = slack_word(response.body);
    if (word == "ok") return Outcome::delivered;
    if (!is_word(word) || std::ranges::find(slack_transient, word) != slack_transient.end()) return Outcome::retry;
    return Outcome::give_up;
}

Outcome::Kind judge_pagerduty(const io::Response& response) {
    if (response.status == 202) return Outcome::delivered;
    if (response.status < 200 || response.status >= 300) return by_status(response.status);
    const auto parsed = json::parse(response.body, nullptr, false);
    const bool taken = parsed.is_object() && parsed.value("status", json()) == "success";
    return taken ? Outcome::delivered : Outcome::retry;
}

Outcome::Kind judge_any(const io::Response& response) {
    return response.status >= 200 && response.status < 300 ? Outcome::delivered : by_status(response.status);
}

Duration bounded(double seconds) {
    constexpr double longest = std::chrono::duration<double>(longest_retry_after).count();
    return Duration(static_cast<std::int64_t>(std::clamp(seconds, 0.0, longest) * 1000));
}

// Slack repeats its wait in the body: {"retry_after":1,"ok":false,"error":"rate_limited"}.
std::optional<Duration> wait_in_body(const std::string& body) {
    const auto parsed = json::parse(body, nullptr, false);
    if (!parsed.is_object()) return {};
    const auto seconds = parsed.value("retry_after", json());
    if (!seconds.is_number()) return {};
    return bounded(seconds.get<double>());
}

std::optional<Duration> parse_seconds(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789.-") != text.npos) return {};
    double seconds = 0;
    const auto [end, problem] = std::from_chars(text.begin(), text.end(), seconds, std::chars_format::fixed);
    if (end != text.end()) return {};
    return problem == std::errc::result_out_of_range ? longest_retry_after : bounded(seconds);
}

std::optional<Time> parse_http_date(std::string_view text) {
    int day = 0, year = 0, hour = 0, minute = 0, second = 0;
    std::array<char, 4> name{};
    const auto comma = text.find(", ");
    if (comma == text.npos || text.size() > 40) return {};
    const std::string rest(text.substr(comma + 2));
    const int found = std::sscanf(rest.c_str(), "%2d %3s %4d %2d:%2d:%2d GMT", &day, name.data(), &year, &hour, &minute,
                                  &second);
    if (found != 6) return {};
    const auto month = std::ranges::find(months, std::string_view(name.data()));
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                                           std::chrono::day(static_cast<unsigned>(std::max(day, 0)))};
    if (month == months.end() || !date.ok() || hour > 23 || minute > 59 || second > 60) return {};
    return Time(std::chrono::sys_days(date).time_since_epoch()) + std::chrono::hours(hour) +
           std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view header, Time now) {
    const auto text = trimmed(header);
    const auto wait = parse_seconds(text);
    if (wait) return wait;
    const auto date = parse_http_date(text);
    if (!date) return {};
    return std::clamp(*date - now, Duration(0), longest_retry_after);
}

Outcome judge(TargetKind kind, const io::Response& response, Time now) {
    Outcome outcome;
    outcome.kind = kind == TargetKind::slack       ? judge_slack(response)
                   : kind == TargetKind::pagerduty ? judge_pagerduty(response)
                                                   : judge_any(response);
    outcome.answer = plain_bytes(fmt::format("{} {}", response.status, trimmed(response.body)), max_answer_bytes);
    if (outcome.kind != Outcome::retry) return outcome;
    auto wait = parse_retry_after(response.retry_after, now);
    if (!wait) wait = wait_in_body(response.body);
    outcome.retry_after = wait.value_or(Duration(0));
    outcome.target_wide = response.status == 429 || outcome.retry_after > Duration(0);
    return outcome;
}

}  // namespace meshwarden::notify

// What a target's answer means: taken, to be tried again, or final. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "io/http_client.hpp"
#include "notify/notifier.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

constexpr Duration longest_retry_after = std::chrono::hours(1);
constexpr std::size_t max_answer_bytes = 500;

// `now` turns a date in Retry-After into a wait.
Outcome judge(TargetKind kind, const io::Response& response, Time now);

// Seconds or an HTTP date; none where it is neither. Never below 0, never above an hour.
std::optional<Duration> parse_retry_after(std::string_view header, Time now);

}  // namespace meshwarden::notify

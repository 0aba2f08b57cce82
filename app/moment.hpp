// A time as a person writes it on a command line. Pure.
#pragma once

#include <charconv>
#include <string_view>

#include "model/time.hpp"

namespace meshwarden::app {

enum class Toward { past, future };

// RFC 3339, seconds since the epoch, or a duration from `now` on towards the past or the future.
inline Result<Time> moment(std::string_view text, Time now, Toward toward) {
    if (const auto time = parse_rfc3339(text)) return *time;
    if (const auto span = parse_duration(text)) return toward == Toward::past ? now - *span : now + *span;
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0 && seconds < 1e11)
        return from_epoch_seconds(seconds);
    return fail("'" + std::string(text) +
                "': expected a time like 2026-01-01T00:00:00Z, seconds since the epoch, or a duration like 7d");
}

}  // namespace meshwarden::app

#include "model/time.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace meshwarden {
namespace {

struct Unit {
    std::string_view name;
    Duration length;
};

constexpr std::array units{Unit{"y", std::chrono::hours(24 * 365)}, Unit{"w", std::chrono::hours(24 * 7)},
                           Unit{"d", std::chrono::hours(24)},       Unit{"h", std::chrono::hours(1)},
                           Unit{"m", std::chrono::minutes(1)},      Unit{"s", std::chrono::seconds(1)},
                           Unit{"ms", Duration(1)}};
constexpr Duration longest = std::chrono::hours(24 * 365 * 100);

int number(std::string_view text, std::size_t from, std::size_t length) {
    int value = -1;
    const auto* first = text.data() + from;
    const auto [end, problem] = std::from_chars(first, first + length, value);
    return problem == std::errc{} && end == first + length ? value : -1;
}

}  // namespace

std::string to_rfc3339(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()), unsigned(date.month()),
                       unsigned(date.day()), clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

Result<Time> parse_rfc3339(std::string_view text) {
    const auto refuse = [&] { return fail(fmt::format("'{}' is not a time like 2026-01-01T00:00:00Z", text)); };
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != 't') ||
        text[13] != ':' || text[16] != ':')
        return refuse();
    const int hour = number(text, 11, 2), minute = number(text, 14, 2), second = number(text, 17, 2);
    const std::chrono::year_month_day date{std::chrono::year(number(text, 0, 4)),
                                           std::chrono::month(unsigned(number(text, 5, 2))),
                                           std::chrono::day(unsigned(number(text, 8, 2)))};
    if (number(text, 0, 4) < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
        second > 60)
        return refuse();
    auto rest = text.substr(19);
    double fraction = 0, scale = 0.1;
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        if (rest.empty() || rest[0] < '0' || rest[0] > '9') return refuse();
        for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; rest.remove_prefix(1), scale /= 10)
            fraction += (rest[0] - '0') * scale;
    }
    Duration offset{0};
    if (rest.size() == 6 && (rest[0] == '+' || rest[0] == '-') && rest[3] == ':') {
        const int hours = number(rest, 1, 2), minutes = number(rest, 4, 2);
        if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return refuse();
        offset = (std::chrono::hours(hours) + std::chrono::minutes(minutes)) * (rest[0] == '-' ? -1 : 1);
    } else if (rest != "Z" && rest != "z") {
        return refuse();
    }
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) + Duration(int(fraction * 1000 + 1e-6)) - offset;
}

double to_epoch_seconds(Time time) {
    return double(time.time_since_epoch().count()) / 1000;
}

Time from_epoch_seconds(double seconds) {
    return Time(Duration(std::llround(seconds * 1000)));
}

Result<Duration> parse_duration(std::string_view text) {
    const auto refuse = [&] { return fail(fmt::format("'{}' is not a duration like 90d, 1h30m, 5s or 250ms", text)); };
    if (text == "0") return Duration{0};
    Duration sum{0};
    std::size_t next_unit = 0;
    auto rest = text;
    if (rest.empty()) return refuse();
    while (!rest.empty()) {
        std::int64_t count = 0;
        const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
        if (problem != std::errc{} || count < 0) return refuse();
        rest.remove_prefix(std::size_t(end - rest.data()));
        std::size_t name_length = 0;
        while (name_length < rest.size() && (rest[name_length] < '0' || rest[name_length] > '9')) ++name_length;
        while (next_unit < units.size() && units[next_unit].name != rest.substr(0, name_length)) ++next_unit;
        if (next_unit == units.size() || count > longest / units[next_unit].length) return refuse();
        sum += count * units[next_unit++].length;
        rest.remove_prefix(name_length);
    }
    if (sum > longest) return refuse();
    return sum;
}

std::string to_string(Duration duration) {
    if (duration == Duration{0}) return "0s";
    std::string text = duration < Duration{0} ? "-" : "";
    auto rest = std::chrono::abs(duration);
    for (const auto& unit : units) {
        // As Prometheus prints them: years and weeks only when nothing is left over.
        if ((unit.name == "y" || unit.name == "w") && rest % unit.length != Duration{0}) continue;
        if (const auto count = rest / unit.length; count > 0) {
            text += fmt::format("{}{}", count, unit.name);
            rest -= count * unit.length;
        }
    }
    return text;
}

}  // namespace meshwarden

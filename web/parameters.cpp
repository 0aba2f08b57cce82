#include "web/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace meshwarden::web {
namespace {

constexpr Time year_zero{std::chrono::seconds(-62'167'219'200)};  // nothing before it can be written as RFC 3339

}  // namespace

std::size_t characters(std::string_view text) {
    return std::size_t(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Parameters::text(std::string_view name, std::size_t longest) {
    const auto values = all(name);
    if (values.empty()) return {};
    if (values.size() > 1) wrong(name, values[1], "to be given once");
    if (characters(values[0]) > longest)
        wrong(name, values[0].substr(0, 40), fmt::format("at most {} characters", longest));
    return values[0];
}

std::vector<std::string> Parameters::all(std::string_view name) {
    std::vector<std::string> values;
    for (const auto& [key, value] : request_.query)
        if (key == name) values.push_back(value);
    return values;
}

std::vector<std::string> Parameters::list(std::string_view name) {
    std::vector<std::string> items;
    for (const auto& value : all(name)) {
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (comma != 0) items.emplace_back(rest.substr(0, comma));
            rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
        }
    }
    return items;
}

int Parameters::integer(std::string_view name, int preset, int lowest, int highest) {
    const auto given = text(name);
    if (given.empty()) return preset;
    int value = 0;
    const auto* last = given.data() + given.size();
    const auto [end, error] = std::from_chars(given.data(), last, value);
    if (error != std::errc{} || end != last || value < lowest || value > highest) {
        wrong(name, given, fmt::format("a whole number from {} to {}", lowest, highest));
        return preset;
    }
    return value;
}

bool Parameters::flag(std::string_view name) {
    const auto given = text(name);
    if (!given.empty() && given != "true" && given != "false") wrong(name, given, "true or false");
    return given == "true";
}

std::optional<Time> Parameters::time(std::string_view name) {
    const auto given = text(name);
    if (given.empty()) return std::nullopt;
    double seconds = 0;
    const auto* last = given.data() + given.size();
    const auto [end, error] = std::from_chars(given.data(), last, seconds);
    if (error == std::errc{} && end == last && seconds >= 0 && seconds < 1e11) return from_epoch_seconds(seconds);
    const auto parsed = parse_rfc3339(given);
    if (parsed && *parsed >= year_zero) return *parsed;
    wrong(name, given, "a time like 2026-01-01T00:00:00Z or seconds since the epoch");
    return std::nullopt;
}

void Parameters::wrong(std::string_view name, std::string_view value, std::string_view expected) {
    if (problem_.empty()) problem_ = fmt::format("parameter {}: '{}' given, expected {}", name, value, expected);
}

std::optional<Response> Parameters::refusal() const {
    return problem_.empty() ? std::nullopt : std::optional(problem(400, problem_));
}

}  // namespace meshwarden::web

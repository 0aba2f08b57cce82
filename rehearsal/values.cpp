#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include "rehearsal/series.hpp"

namespace meshwarden::rehearsal {
namespace {

constexpr std::string_view forms = "expected a+bxn, a-bxn, axn, _, _xn, stale, NaN or Inf";

// Takes a number, NaN or Inf off the front, its sign only where `sign` allows one.
std::optional<double> take_number(std::string_view& text) {
    auto rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) rest.remove_prefix(1);
    double value = 0;
    if (rest.starts_with("NaN")) {
        value = std::numeric_limits<double>::quiet_NaN();
        rest.remove_prefix(3);
    } else if (rest.starts_with("Inf")) {
        value = std::numeric_limits<double>::infinity();
        rest.remove_prefix(3);
    } else {
        if (rest.empty() || !(rest[0] == '.' || (rest[0] >= '0' && rest[0] <= '9'))) return std::nullopt;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
        if (error != std::errc()) return std::nullopt;
        rest.remove_prefix(std::size_t(end - rest.data()));
    }
    text = rest;
    return negative ? -value : value;
}

// xN at the end; no `x`: 0 further times.
std::optional<std::size_t> take_times(std::string_view text) {
    if (text.empty()) return 0;
    std::size_t times = 0;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), times);
    const bool whole = text[0] == 'x' && text.size() > 1 && error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(std::min(times, most_steps)) : std::nullopt;
}

// One word; false where it is none.
bool add(std::string_view word, std::vector<Step>& steps) {
    const bool missing = word.starts_with('_');
    if (missing || word.starts_with("stale")) {
        word.remove_prefix(missing ? 1 : 5);
        const auto times = take_times(word);
        if (!times || (!word.empty() && *times == 0)) return false;
        steps.insert(steps.end(), std::max<std::size_t>(*times, 1),
                     {missing ? Step::Kind::missing : Step::Kind::stale, 0});
        return true;
    }
    auto value = take_number(word);
    if (!value) return false;
    double change = 0;
    const bool changes = word.starts_with('+') || word.starts_with('-');
    if (changes) {
        const auto given = take_number(word);
        if (!given) return false;
        change = *given;
    }
    const auto times = take_times(word);
    if (!times || (changes && word.empty())) return false;
    for (std::size_t i = 0; i <= *times; ++i) steps.push_back({Step::Kind::value, *value + change * double(i)});
    return true;
}

}  // namespace

Result<std::vector<Step>> parse_values(std::string_view text) {
    constexpr std::string_view blanks = " \t\n\r";
    std::vector<Step> steps;
    for (std::size_t begin = 0; (begin = text.find_first_not_of(blanks, begin)) != text.npos;) {
        const auto end = std::min(text.find_first_of(blanks, begin), text.size());
        const auto word = text.substr(begin, end - begin);
        if (!add(word, steps)) return fail(fmt::format("\"{}\": {}", word.substr(0, 40), forms));
        if (steps.size() > most_steps)
            return fail(fmt::format("\"{}\": more than {} values", word.substr(0, 40), most_steps));
        begin = end;
    }
    return steps;
}

}  // namespace meshwarden::rehearsal

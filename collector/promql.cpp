#include "collector/promql.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

namespace meshwarden::collector {

std::string quoted(std::string_view text) {
    std::string literal = "\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') literal += '\\';
        if (c == '\n')
            literal += "\\n";
        else
            literal += c;
    }
    return literal + '"';
}

namespace {

// Only what means something in an expression: Prometheus looks lists of plain words up in its index, and takes anything
// else that is escaped for an expression that it must try on every value.
std::string literal(std::string_view text) {
    constexpr std::string_view special = R"(\.+*?()|[]{}^$)";
    std::string expression;
    for (const char c : text) {
        if (special.find(c) != special.npos) expression += '\\';
        expression += c;
    }
    return expression;
}

}  // namespace

std::string matcher_of(std::string_view name, const std::vector<std::string>& values) {
    if (values.size() == 1) return fmt::format("{}={}", name, quoted(values.front()));
    std::string expression;
    for (const auto& value : values) {
        if (!expression.empty()) expression += '|';
        expression += literal(value);
    }
    return fmt::format("{}=~{}", name, quoted(expression));
}

std::string with_matcher(std::string_view selector, std::string_view matcher) {
    const auto close = selector.rfind('}');
    if (close == selector.npos) return fmt::format("{}{{{}}}", selector, matcher);
    const std::string_view before = selector.substr(0, close);
    const auto last = before.find_last_not_of(" \t\n");
    const bool bare = last == before.npos || before[last] == '{' || before[last] == ',';
    return fmt::format("{}{}{}}}", before, bare ? "" : ",", matcher);
}

std::string with_suffix(std::string_view selector, std::string_view suffix) {
    const auto open = std::min(selector.find('{'), selector.size());
    return fmt::format("{}{}{}", selector.substr(0, open), suffix, selector.substr(open));
}

std::string with_range(std::string_view selector, Duration range) {
    return fmt::format("{}[{}]", selector, to_string(range));
}

std::string bucket_matcher(std::string_view bucket) {
    std::string expression = re2::RE2::QuoteMeta(re2::StringPiece(bucket.data(), bucket.size()));
    if (bucket.find('.') == bucket.npos) expression += "(\\.0)?";
    return fmt::format("le=~{}", quoted(expression));
}

}  // namespace meshwarden::collector

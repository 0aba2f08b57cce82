#include "rehearsal/lexer.hpp"

#include <cctype>

#include <fmt/format.h>

namespace meshwarden::rehearsal {
namespace {

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == ':'; }
bool digit(char c) { return c >= '0' && c <= '9'; }

// The length of the quoted text at the front, quotes included; 0 where it is not closed.
std::size_t quoted_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[0] != '`' && text[i] == '\\') {
            ++i;
        } else if (text[i] == text[0]) {
            return i + 1;
        }
    }
    return 0;
}

std::string unquoted(std::string_view quoted) {
    const auto inner = quoted.substr(1, quoted.size() - 2);
    if (quoted[0] == '`') return std::string(inner);
    std::string text;
    for (std::size_t i = 0; i < inner.size(); ++i) {
        if (inner[i] != '\\') {
            text += inner[i];
            continue;
        }
        const char escape = inner[++i];
        text += escape == 'n' ? '\n' : escape == 't' ? '\t' : escape == 'r' ? '\r' : escape;
    }
    return text;
}

std::size_t run(std::string_view text, bool (*part_of)(char)) {
    std::size_t length = 0;
    while (length < text.size() && part_of(text[length])) ++length;
    return length;
}

// 1.5, 1e-3, 5m, 1h30m
std::size_t number_length(std::string_view text) {
    auto length = run(text, [](char c) { return digit(c) || letter(c) || c == '.'; });
    const bool more = length > 0 && length + 1 < text.size();
    const bool exponent = more && (text[length - 1] == 'e' || text[length - 1] == 'E') &&
                          (text[length] == '-' || text[length] == '+') && digit(text[length + 1]);
    if (exponent) length += 1 + run(text.substr(length + 1), digit);
    return length;
}

std::size_t sign_length(std::string_view text) {
    for (const std::string_view two : {"==", "!=", ">=", "<=", "=~", "!~"})
        if (text.starts_with(two)) return 2;
    return std::string_view("(){}[],=<>+-*/:@").find(text[0]) != std::string_view::npos ? 1 : 0;
}

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view text) {
    std::vector<Token> tokens;
    while (true) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (text.empty()) break;
        const char c = text[0];
        std::size_t length = 0;
        if (c == '"' || c == '\'' || c == '`') {
            length = quoted_length(text);
            if (length == 0) return fail("a quote is not closed");
            tokens.push_back({Token::Kind::text, unquoted(text.substr(0, length))});
        } else if (letter(c)) {
            length = run(text, [](char each) { return letter(each) || digit(each); });
            tokens.push_back({Token::Kind::word, std::string(text.substr(0, length))});
        } else if (digit(c) || (c == '.' && text.size() > 1 && digit(text[1]))) {
            length = number_length(text);
            tokens.push_back({Token::Kind::number, std::string(text.substr(0, length))});
        } else if ((length = sign_length(text)) > 0) {
            tokens.push_back({Token::Kind::sign, std::string(text.substr(0, length))});
        } else {
            return fail(fmt::format("unexpected character 0x{:02x}", static_cast<unsigned char>(c)));
        }
        text.remove_prefix(length);
    }
    tokens.push_back({});
    return tokens;
}

}  // namespace meshwarden::rehearsal

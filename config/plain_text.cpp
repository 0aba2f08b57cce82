#include "config/plain_text.hpp"

#include <fmt/format.h>

#include "config/document.hpp"

namespace meshwarden::config {

namespace {

// Length of the UTF-8 character that text begins with; 0 where it is none (overlong forms and surrogates too).
std::size_t character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3
                               : first >= 0xf0 && first < 0xf5                  ? 4
                                                                                : 0;
    if (length == 0 || text.size() < length) {
        return 0;
    }
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool outside = (first == 0xed && byte(1) > 0x9f) || (first == 0xf4 && byte(1) > 0x8f);
    return overlong || outside ? 0 : length;
}

std::optional<std::string> refusal_of(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
    return control ? std::optional(fmt::format("control character 0x{:02x}, expected text", byte)) : std::nullopt;
}

}  // namespace

std::optional<Refused> check_plain_text(std::string_view text) {
    if (text.size() > Limits::bytes) {
        return Refused{0, fmt::format("larger than {} KiB", Limits::bytes >> 10)};
    }
    int line = 1;
    std::size_t line_start = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto length = character_length(text.substr(i));
        if (length == 0) {
            return Refused{line, "not UTF-8, expected UTF-8 text"};
        }
        if (auto refusal = refusal_of(text[i])) {
            return Refused{line, *refusal};
        }
        if (i - line_start > Limits::line_bytes) {
            return Refused{line, fmt::format("a line longer than {} KiB", Limits::line_bytes >> 10)};
        }
        if (text[i] == '\n') {
            ++line;
            line_start = i + 1;
        }
        i += length;
    }
    return std::nullopt;
}

}  // namespace meshwarden::config

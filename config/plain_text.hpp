// What a file, or a value that comes into it, must be before anything reads it: bounded UTF-8 text. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshwarden::config {

struct Refused {
    int line;  // 1-based; 0: the whole
    std::string message;
};

// UTF-8 without control characters but tab and line ends, within Limits.
std::optional<Refused> check_plain_text(std::string_view text);

}  // namespace meshwarden::config

// A log message with fields, as one text for any logger: app/logging takes it apart again and writes logfmt or JSON, so
// that no folder needs to know the format. A value may be any bytes; keys are ours.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace meshwarden {

constexpr char log_separator = '\x1f';
constexpr std::size_t max_log_value = 2'000;  // bytes

using LogField = std::pair<std::string_view, std::string_view>;

inline std::string log_text(std::string_view message, std::initializer_list<LogField> fields = {}) {
    std::string text;
    const auto add = [&text](std::string_view value) {
        const auto from = text.size();
        text += value.substr(0, max_log_value);
        std::replace(text.begin() + std::ptrdiff_t(from), text.end(), log_separator, ' ');
    };
    add(message);
    for (const auto& [key, value] : fields) {
        text += log_separator;
        text += key;
        text += log_separator;
        add(value);
    }
    return text;
}

}  // namespace meshwarden

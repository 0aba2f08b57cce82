// PromQL as words. For this folder only. Pure; input is hostile.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"

namespace meshwarden::rehearsal {

struct Token {
    enum class Kind { word, number, text, sign, end };  // word: names and keywords; text: a string, unquoted
    Kind kind = Kind::end;
    std::string text;
};

// The last token is `end`. A duration (5m, 1h30m) is a number token.
Result<std::vector<Token>> tokens_of(std::string_view text);

}  // namespace meshwarden::rehearsal

// Words of the problems: everything quoted from a file is escaped and bounded, since files are hostile. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshwarden::config {

// "text", control characters and quotes escaped, cut after 60 bytes.
std::string in_quotes(std::string_view text);

// "unknown key, did you mean X?" or, where nothing is near, "unknown key, expected one of a, b, c".
std::string unknown(std::string_view what, std::string_view given, const std::vector<std::string>& known);

// The known word with the smallest edit distance; "" where none is near enough to have been meant.
std::string nearest(std::string_view given, const std::vector<std::string>& known);

std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

}  // namespace meshwarden::config

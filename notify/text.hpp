// Hostile bytes to text that is safe to show: valid UTF-8 on one line, bounded. Lengths are UTF-16 code units, the
// strictest way in which the receivers may count characters. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshwarden::notify {

struct Text {
    std::string text;    // ends in an ellipsis where it was cut
    bool whole = true;
};

// Invalid UTF-8 and marks that turn the writing direction become U+FFFD, control characters and line breaks a space.
Text plain(std::string_view bytes, std::size_t units);

// The same for Slack's mrkdwn: & < > are escaped, so that no text forms a mention or a link. The length is the
// escaped one.
Text mrkdwn(std::string_view bytes, std::size_t units);

// The same with at most `size` bytes.
std::string plain_bytes(std::string_view bytes, std::size_t size);

std::size_t length_units(std::string_view utf8);

// http or https with a host, printable ASCII, nothing that ends a link early, at most 3000 characters.
bool is_link(std::string_view url);

// Every occurrence of every secret (of 4 bytes and more) replaced.
std::string redact(std::string text, const std::vector<std::string>& secrets);

}  // namespace meshwarden::notify

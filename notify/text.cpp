#include "notify/text.hpp"

#include <algorithm>

namespace meshwarden::notify {
namespace {

constexpr char32_t replacement = 0xFFFD;
constexpr std::string_view ellipsis = "\u2026";
constexpr std::size_t longest_link = 3000;

struct Decoded {
    char32_t point;
    std::size_t bytes;
};

bool is_overlong(char32_t point, std::size_t length) {
    return (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
}

std::size_t length_of(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4) return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

Decoded decode(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const std::size_t length = length_of(byte(0));
    if (length == 1) return {byte(0), 1};
    if (length == 0 || bytes.size() < length) return {replacement, 1};
    char32_t point = byte(0) & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {replacement, 1};
        point = point << 6 | (byte(i) & 0x3F);
    }
    const bool surrogate = point >= 0xD800 && point < 0xE000;
    if (surrogate || is_overlong(point, length) || point > 0x10FFFF) return {replacement, 1};
    return {point, length};
}

char32_t harmless(char32_t point) {
    if (point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x2028 || point == 0x2029) return ' ';
    const bool turns = (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
                       point == 0x200E || point == 0x200F || point == 0x061C;
    return turns ? replacement : point;
}

void append(std::string& out, char32_t point) {
    const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3F)); };
    if (point < 0x80) {
        out += static_cast<char>(point);
    } else if (point < 0x800) {
        out += static_cast<char>(0xC0 | point >> 6);
        tail(0);
    } else if (point < 0x10000) {
        out += static_cast<char>(0xE0 | point >> 12);
        tail(6), tail(0);
    } else {
        out += static_cast<char>(0xF0 | point >> 18);
        tail(12), tail(6), tail(0);
    }
}

std::string_view escaped(char32_t point) {
    switch (point) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        default: return {};
    }
}

std::string as_plain(char32_t point) {
    std::string out;
    append(out, point);
    return out;
}

std::string as_mrkdwn(char32_t point) {
    const auto entity = escaped(point);
    return entity.empty() ? as_plain(point) : std::string(entity);
}

// As much as fits `limit` as `measure` counts it, leaving room for the ellipsis where it does not fit.
template <class Write, class Measure>
Text fit(std::string_view bytes, std::size_t limit, Write write, Measure measure) {
    Text out;
    std::size_t used = 0, safe = 0;
    const std::size_t mark = measure(ellipsis);
    while (!bytes.empty()) {
        const auto [point, length] = decode(bytes);
        bytes.remove_prefix(length);
        const std::string piece = write(harmless(point));
        used += measure(piece);
        if (used > limit) {
            out.text.resize(safe);
            out.text += ellipsis;
            out.whole = false;
            return out;
        }
        out.text += piece;
        if (used + mark <= limit) safe = out.text.size();
    }
    return out;
}

}  // namespace

Text plain(std::string_view bytes, std::size_t units) { return fit(bytes, units, as_plain, length_units); }

Text mrkdwn(std::string_view bytes, std::size_t units) { return fit(bytes, units, as_mrkdwn, length_units); }

std::string plain_bytes(std::string_view bytes, std::size_t size) {
    return fit(bytes, size, as_plain, [](std::string_view piece) { return piece.size(); }).text;
}

std::size_t length_units(std::string_view utf8) {
    std::size_t units = 0;
    for (const char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0) != 0x80;  // every lead byte is a unit, that of a pair of surrogates two
        units += byte >= 0xF0;
    }
    return units;
}

bool is_link(std::string_view url) {
    constexpr std::string_view schemes[] = {"https://", "http://"};
    const auto* scheme = std::ranges::find_if(schemes, [&](auto text) { return url.starts_with(text); });
    if (scheme == std::end(schemes) || url.size() > longest_link) return false;
    const auto rest = url.substr(scheme->size());
    if (rest.empty() || std::string_view("/?#").contains(rest.front())) return false;
    return std::ranges::all_of(rest, [](char c) {
        return c > ' ' && c < 0x7F && !std::string_view("<>\"|\\^`{}").contains(c);
    });
}

std::string redact(std::string text, const std::vector<std::string>& secrets) {
    constexpr std::string_view mark = "[redacted]";
    for (const auto& secret : secrets) {
        if (secret.size() < 4) continue;
        for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mark.size()))
            text.replace(at, secret.size(), mark);
    }
    return text;
}

}  // namespace meshwarden::notify

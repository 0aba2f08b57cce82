#include "web/http.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace meshwarden::web {
namespace {

constexpr std::array reasons{
    std::pair{200, "OK"},
    std::pair{201, "Created"},
    std::pair{302, "Found"},
    std::pair{304, "Not Modified"},
    std::pair{400, "Bad Request"},
    std::pair{401, "Unauthorized"},
    std::pair{403, "Forbidden"},
    std::pair{404, "Not Found"},
    std::pair{405, "Method Not Allowed"},
    std::pair{409, "Conflict"},
    std::pair{412, "Precondition Failed"},
    std::pair{413, "Content Too Large"},
    std::pair{414, "URI Too Long"},
    std::pair{415, "Unsupported Media Type"},
    std::pair{417, "Expectation Failed"},
    std::pair{431, "Request Header Fields Too Large"},
    std::pair{500, "Internal Server Error"},
    std::pair{501, "Not Implemented"},
    std::pair{503, "Service Unavailable"},
    std::pair{505, "HTTP Version Not Supported"},
};

constexpr std::array<std::pair<const char*, const char*>, 6> security_headers{{
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
     "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
}};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus_is_space) {
            decoded += ' ';
        } else if (text[i] != '%') {
            decoded += text[i];
        } else {
            const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
            decoded += char(high * 16 + low);
            i += 2;
        }
    }
    return decoded;
}

bool parse_query(std::string_view text, Request& request) {
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        const auto equals = pair.find('=');
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(equals == pair.npos ? std::string_view{} : pair.substr(equals + 1), true);
        if (!name || !value) return false;
        if (!pair.empty()) request.query.emplace_back(std::move(*name), std::move(*value));
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    }
    return true;
}

std::string head_of(const Response& response) {
    auto text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
    if (!response.content_type.empty()) text += fmt::format("Content-Type: {}\r\n", response.content_type);
    return text;
}

}  // namespace

std::string_view Request::header(std::string_view lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, [](const auto& pair) { return pair.first; });
    return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

bool parse_target(std::string_view target, Request& request) {
    if (!target.starts_with('/')) return false;
    const auto question = target.find('?');
    auto path = percent_decode(target.substr(0, question), false);
    if (!path) return false;
    request.path = std::move(*path);
    return question == target.npos || parse_query(target.substr(question + 1), request);
}

Response json_response(const nlohmann::json& body, int status) {
    // Labels come from telemetry: what is not UTF-8 becomes U+FFFD instead of an exception.
    return {status, "application/json", body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", {}};
}

Response problem(int status, std::string_view detail) {
    const nlohmann::json body{
        {"type", "about:blank"}, {"title", reason_phrase(status)}, {"status", status}, {"detail", detail}};
    auto response = json_response(body, status);
    response.content_type = "application/problem+json";
    return response;
}

std::string_view reason_phrase(int status) {
    const auto found = std::ranges::find(reasons, status, [](const auto& pair) { return pair.first; });
    return found == reasons.end() ? "Unknown" : found->second;
}

void add_security_headers(Response& response) {
    for (const auto& [name, value] : security_headers) response.headers.emplace_back(name, value);
    const auto is_cache_control = [](const auto& header) { return header.first == "Cache-Control"; };
    if (std::ranges::none_of(response.headers, is_cache_control))
        response.headers.emplace_back("Cache-Control", "no-store");
}

std::string to_wire(const Response& response, bool with_body, bool keep_alive) {
    auto text = head_of(response);
    const bool has_length = response.status != 304 && !response.continues_after;
    if (has_length) text += fmt::format("Content-Length: {}\r\n", response.body.size());
    text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (with_body && has_length) text += response.body;
    return text;
}

std::string stream_to_wire(const Response& response, bool in_chunks) {
    auto text = head_of(response) + (in_chunks ? "Transfer-Encoding: chunked\r\n" : "") + "Connection: close\r\n\r\n";
    return text += chunk(response.body, in_chunks);
}

std::string chunk(std::string_view bytes, bool in_chunks) {
    if (!in_chunks || bytes.empty()) return std::string(bytes);  // an empty chunk would end the stream
    return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace meshwarden::web

// HTTP as the handlers see it: plain values, no socket. Values only.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshwarden::web {

enum class Method { get, head, post, del, other };

struct Request {
    Method method = Method::get;
    std::string path;  // percent-decoded; "" where the target was not a path
    std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;
    std::optional<std::int64_t> continues_after;  // set where a stream asks for what came after this event

    std::string_view header(std::string_view lower_case_name) const;  // the first, or ""
};

struct Response {
    int status = 200;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers{};
    // A stream: the body is its beginning, and the same request is asked again with this as continues_after.
    std::optional<std::int64_t> continues_after{};
    bool has_more = false;  // of a stream: ask again at once
};

// Takes a request target apart: "/a%20b?x=1&y" is the path "/a b" and two parameters. False where it is malformed.
bool parse_target(std::string_view target, Request& request);

Response json_response(const nlohmann::json& body, int status = 200);

// RFC 9457: {"type":"about:blank","title":...,"status":...,"detail":...}
Response problem(int status, std::string_view detail);

std::string_view reason_phrase(int status);

// An answer as it goes over the wire.
std::string to_wire(const Response& response, bool with_body, bool keep_alive);
// The same of a stream, whose length nobody knows: in chunks, or up to the end of the connection (HTTP/1.0).
std::string stream_to_wire(const Response& response, bool in_chunks);
std::string chunk(std::string_view bytes, bool in_chunks);

// What every answer carries: no sniffing, no framing, no script but our own files.
void add_security_headers(Response& response);

}  // namespace meshwarden::web

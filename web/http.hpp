// HTTP as the handlers see it: plain values, no socket. Values only.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace meshwarden::web {

enum class Method { get, head, post, other };

struct Request {
    Method method = Method::get;
    std::string path;  // percent-decoded; "" where the target was not a path
    std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;

    std::string_view header(std::string_view lower_case_name) const;  // the first, or ""
};

struct Response {
    int status = 200;
    std::string content_type;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
};

// Takes a request target apart: "/a%20b?x=1&y" is the path "/a b" and two parameters. False where it is malformed.
bool parse_target(std::string_view target, Request& request);

Response json_response(const nlohmann::json& body, int status = 200);

// RFC 9457: {"type":"about:blank","title":...,"status":...,"detail":...}
Response problem(int status, std::string_view detail);

std::string_view reason_phrase(int status);

// What every answer carries: no sniffing, no framing, no script but our own files.
void add_security_headers(Response& response);

}  // namespace meshwarden::web

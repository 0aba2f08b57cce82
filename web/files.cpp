// Files that are part of the program: the console and the description of the API.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/digest.hpp"
#include "web/embedded.hpp"
#include "web/handlers.hpp"
#include "web/preconditions.hpp"

namespace meshwarden::web {
namespace {

constexpr std::array<std::pair<std::string_view, const char*>, 5> types{{
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".json", "application/json"},
}};

Response file(const std::string& name, const Request& request) {
    const auto content = embedded_file(name);
    const auto type = std::ranges::find_if(types, [&](const auto& each) { return name.ends_with(each.first); });
    if (!content || type == types.end()) return problem(404, fmt::format("there is no file {}", name));
    const auto tag = fmt::format("\"{}\"", sha256_hex(*content).substr(0, 16));
    Response response{200, type->second, std::string(*content), {{"Cache-Control", "no-cache"}, {"ETag", tag}}};
    if (lists_tag(request.header("if-none-match"), tag)) {
        response.status = 304;
        response.content_type.clear();
        response.body.clear();
    }
    return response;
}

}  // namespace

Response console_page(const Call& call, Context&) { return file("console/index.html", call.request); }

Response console_file(const Call& call, Context&) { return file("console/" + call.id, call.request); }

// Notices link to /incidents/ID; the console keeps its place behind the #. Relative, so that a path prefix survives.
Response incident_link(const Call& call, Context&) {
    std::string id;
    for (const char c : call.id)
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.') id += c;
    return {302, "text/plain; charset=utf-8", "", {{"Location", "../#/incidents/" + id}}};
}

Response openapi(const Call& call, Context&) { return file("openapi.json", call.request); }

}  // namespace meshwarden::web

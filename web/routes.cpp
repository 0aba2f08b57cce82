#include "web/routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "web/handlers.hpp"
#include "web/origin.hpp"

namespace meshwarden::web {
namespace {

constexpr auto get = Method::get;
constexpr auto post = Method::post;
constexpr auto del = Method::del;

constexpr Route table[] = {
    {get, "/healthz", Access::anyone, Place::at_once, health},
    {get, "/-/healthy", Access::anyone, Place::at_once, health},
    {get, "/readyz", Access::anyone, Place::at_once, readiness},
    {get, "/-/ready", Access::anyone, Place::at_once, readiness},
    {get, "/", Access::anyone, Place::at_once, console_page},
    {get, "/console/{id}", Access::anyone, Place::at_once, console_file},
    {get, "/incidents/{id}", Access::anyone, Place::at_once, incident_link},
    {get, "/api/v1/incidents", Access::read, Place::store, list_incidents},
    {get, "/api/v1/incidents/{id}", Access::read, Place::store, one_incident},
    {post, "/api/v1/incidents/{id}/acknowledge", Access::write, Place::store, acknowledge_incident},
    {post, "/api/v1/incidents/{id}/resolve", Access::write, Place::store, resolve_incident},
    {post, "/api/v1/incidents/{id}/comment", Access::write, Place::store, comment_incident},
    {post, "/api/v1/incidents/{id}/assign", Access::write, Place::store, assign_incident},
    {get, "/api/v1/signals", Access::read, Place::worker, list_signals},
    {get, "/api/v1/rules", Access::read, Place::worker, list_rules},
    {get, "/api/v1/alerts", Access::read, Place::store, list_alerts},
    {get, "/api/v1/topology", Access::read, Place::store, show_topology},
    {get, "/api/v1/topology/diff", Access::read, Place::store, show_topology_diff},
    {get, "/api/v1/expectations", Access::read, Place::store, list_expectations},
    {post, "/api/v1/expectations", Access::write, Place::store, declare_expectation},
    {del, "/api/v1/expectations/{id}", Access::write, Place::store, withdraw_expectation},
    {get, "/api/v1/events", Access::read, Place::store, events},
    {get, "/api/v1/deliveries", Access::read, Place::store, list_deliveries},
    {get, "/api/v1/status", Access::read, Place::worker, status},
    {get, "/api/v1/openapi.json", Access::read, Place::at_once, openapi},
    {get, "/metrics", Access::read, Place::worker, metrics},
    {post, "/-/reload", Access::admin, Place::worker, reload},
};

// The text of {id} where the path fits ("" for a pattern without one).
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
    const auto hole = pattern.find("{id}");
    if (hole == pattern.npos) return pattern == path ? std::optional(std::string_view{}) : std::nullopt;
    const auto before = pattern.substr(0, hole), after = pattern.substr(hole + 4);
    if (path.size() <= before.size() + after.size() || !path.starts_with(before) || !path.ends_with(after))
        return std::nullopt;
    const auto id = path.substr(before.size(), path.size() - before.size() - after.size());
    return id.find('/') == id.npos ? std::optional(id) : std::nullopt;
}

Method effective(Method method) { return method == Method::head ? Method::get : method; }

struct Found {
    const Route* route = nullptr;
    std::string_view id;
    std::string allow;  // the methods of every route of this path
};

Found find(const Request& request) {
    Found found;
    for (const auto& route : table) {
        const auto id = match(route.pattern, request.path);
        if (!id) continue;
        found.allow += found.allow.empty() ? "" : ", ";
        found.allow += route.method == get ? "GET, HEAD" : route.method == post ? "POST" : "DELETE";
        if (route.method == effective(request.method)) {
            found.route = &route;
            found.id = *id;
        }
    }
    return found;
}

bool may(Role role, Access access) {
    switch (access) {
        case Access::anyone:
        case Access::read: return true;
        case Access::write: return role != Role::read;
        case Access::admin: return role == Role::admin;
    }
    return false;
}

std::string_view name_of(Role role) {
    return role == Role::read ? "read" : role == Role::write ? "write" : "admin";
}

std::string_view roles_for(Access access) {
    return access == Access::admin ? "admin" : access == Access::write ? "write or admin" : "read, write or admin";
}

bool is_json(std::string_view content_type) {
    const auto type = content_type.substr(0, content_type.find_first_of("; "));
    return std::ranges::equal(type, std::string_view("application/json"), {}, [](char c) { return c | 0x20; },
                              [](char c) { return c | 0x20; });
}

// Where a token is needed a page that has none gets nothing, by whatever name; metrics are scraped by any.
bool takes_any_name(const Route& route, const Options& options) {
    return route.access == Access::anyone || route.handler == metrics || !options.tokens.empty();
}

std::optional<Response> refuse(const Request& request, const Route& route, const std::optional<Caller>& caller,
                               const Context& context) {
    if (!takes_any_name(route, context.options) && !names_us(request, context.options))
        return problem(403, fmt::format("without web.tokens we answer to an IP address, to a name without a dot and to "
                                        "the host of web.external_url, not to {}; set one of the two if it is ours",
                                        request.header("host")));
    if (route.access != Access::anyone && !caller) {
        auto response = problem(401, "this needs a token: Authorization: Bearer TOKEN");
        response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"meshwarden\"");
        return response;
    }
    if (caller && !may(caller->role, route.access))
        return problem(403, fmt::format("the token of {} has the role {}, this needs {}", caller->name,
                                        name_of(caller->role), roles_for(route.access)));
    if (route.method != get && is_foreign(request, context.options))
        return problem(403, "a page of another origin asked for this; add it as web.external_url if it is ours");
    if (!request.body.empty() && !is_json(request.header("content-type")))
        return problem(415, "the body must be application/json");
    return std::nullopt;
}

Response dispatch(const Request& request, Context& context) {
    if (request.path.empty()) return problem(400, "the request target is not a path, or is badly percent-encoded");
    const auto found = find(request);
    if (found.allow.empty()) return problem(404, fmt::format("there is nothing at {}", request.path));
    if (!found.route) {
        auto response = problem(405, fmt::format("this path answers {}", found.allow));
        response.headers.emplace_back("Allow", found.allow);
        return response;
    }
    std::optional<Caller> caller;
    if (found.route->access != Access::anyone)
        caller = context.authenticator.identify(request.header("authorization"));
    if (auto refused = refuse(request, *found.route, caller, context)) return std::move(*refused);
    if (found.route->place == Place::store && !context.store)
        return problem(503, no_store(context).error().message);
    return found.route->handler({request, std::string(found.id), caller ? caller->name : "anonymous"}, context);
}

}  // namespace

std::span<const Route> routes() { return table; }

std::unexpected<Error> no_store(const Context& context) {
    return fail(fmt::format("the store cannot be opened: {}", context.store_problem));
}

bool needs_worker(const Request& request) {
    const auto found = find(request);
    return found.route && found.route->place != Place::at_once;
}

Response handle(const Request& request, Context& context) {
    Response response;
    try {
        response = dispatch(request, context);
    } catch (const std::exception& exception) {
        response = problem(500, exception.what());
    }
    add_security_headers(response);
    return response;
}

}  // namespace meshwarden::web

// The routes as a table, and what stands before every handler: existence, method, token, role, origin, body type.
// Pure but for what the handlers ask of the Context; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "web/auth.hpp"
#include "web/dependencies.hpp"
#include "web/http.hpp"
#include "web/options.hpp"

namespace meshwarden::web {

// What a handler may use. The Store belongs to the calling thread; null where it could not be opened.
struct Context {
    const Options& options;
    const Dependencies& dependencies;
    Authenticator& authenticator;
    incidents::Store* store = nullptr;
    std::string store_problem;
};

// One request on its way to its handler.
struct Call {
    const Request& request;
    std::string id;   // what stands for {id} in the pattern
    std::string who;  // the token's name, "anonymous" where there are no tokens
};

using Handler = Response (*)(const Call&, Context&);

enum class Access { anyone, read, write, admin };
enum class Place { at_once, store };  // at_once: never blocks, runs on the thread of the sockets

struct Route {
    Method method;
    std::string_view pattern;  // {id} stands for one segment
    Access access;
    Place place;
    Handler handler;
};

std::span<const Route> routes();

// Whether the request must go to a thread that has a Store.
bool needs_store(const Request& request);

// Never throws. A HEAD request is answered as GET; who writes it leaves the body out.
Response handle(const Request& request, Context& context);

}  // namespace meshwarden::web

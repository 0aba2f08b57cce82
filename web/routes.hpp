// The routes as a table, and what stands before every handler: existence, method, token, role, origin, body type.
// Pure but for what the handlers ask of the Context; any thread.
#pragma once

#include <expected>
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

// What is said where there is no Store.
std::unexpected<Error> no_store(const Context& context);

// One request on its way to its handler.
struct Call {
    const Request& request;
    std::string id;   // what stands for {id} in the pattern
    std::string who;  // the token's name, "anonymous" where there are no tokens
};

using Handler = Response (*)(const Call&, Context&);

enum class Access { anyone, read, write, admin };
// Where a handler runs, and what it must have.
enum class Place {
    at_once,  // on the thread of the sockets: never blocks
    worker,   // on a handler thread: answers from memory where there is no Store
    store,    // the same, but never without a Store
};

struct Route {
    Method method;
    std::string_view pattern;  // {id} stands for one segment
    Access access;
    Place place;
    Handler handler;
};

std::span<const Route> routes();

// Whether the request must go to a handler thread.
bool needs_worker(const Request& request);

// Never throws. A HEAD request is answered as GET; who writes it leaves the body out.
Response handle(const Request& request, Context& context);

}  // namespace meshwarden::web

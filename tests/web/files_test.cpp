#include <set>

#include "tests/web/api.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using web::Method;

TEST_CASE("the console's files are served, and only those") {
    Api api;
    const auto page = api.ask(Method::get, "/");
    CHECK(page.content_type.starts_with("text/html"));
    CHECK(page.body.find("console/app.js") != std::string::npos);
    CHECK(page.body.find("<script>") == std::string::npos);
    CHECK(api.ask(Method::get, "/console/app.js").content_type.starts_with("text/javascript"));
    CHECK(api.ask(Method::get, "/console/style.css").content_type.starts_with("text/css"));
    CHECK(api.ask(Method::get, "/console/openapi.json").status == 404);
    const auto tag = header_of(page, "ETag");
    const auto again = api.ask(Method::get, "/", {}, {{"if-none-match", tag}});
    CHECK(again.status == 304);
    CHECK(again.body.empty());
}

TEST_CASE("an incident's address leads to the console, whatever the id") {
    Api api;
    CHECK(header_of(api.ask(Method::get, "/incidents/0001-ab"), "Location") == "../#/incidents/0001-ab");
    const auto hostile_id = api.ask(Method::get, "/incidents/a%0d%0aSet-Cookie:%20x");
    CHECK(hostile_id.status == 302);
    CHECK(header_of(hostile_id, "Location") == "../#/incidents/aSet-Cookiex");
}

TEST_CASE("the description of the API describes every route, and no other") {
    Api api;
    const auto document = api.get("/api/v1/openapi.json");
    CHECK(document["openapi"] == "3.1.0");
    std::set<std::string> described, served;
    for (const auto& [path, operations] : document["paths"].items())
        for (const auto& [method, operation] : operations.items()) {
            described.insert(method + " " + path);
            const bool is_open = operation.contains("security") && operation["security"].empty();
            CHECK(operation["responses"].contains("401") != is_open);
        }
    for (const auto& route : web::routes())
        served.insert((route.method == Method::get    ? "get "
                       : route.method == Method::post ? "post "
                                                      : "delete ") +
                      std::string(route.pattern));
    CHECK(described == served);
}

#include "tests/web/api.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using web::Method;
using web::Role;
using Catch::Matchers::Contains;

namespace {

web::Response with_token(Api& api, Method method, std::string_view target, const std::string& token) {
    return api.ask(method, target, {}, {{"authorization", "Bearer " + token}});
}

}  // namespace

TEST_CASE("roles: nobody, read, write, admin") {
    const Folder folder;
    Api api({{"reader", Role::read, folder.write("r", "red\n")},
             {"writer", Role::write, folder.write("w", "  blue ")},
             {"boss", Role::admin, folder.write("a", "gold")}});
    const auto list = nlohmann::json::parse(with_token(api, Method::get, "/api/v1/incidents?state=open", "red").body);
    const auto id = list["incidents"][0]["id"].get<std::string>();
    const auto acknowledge = "/api/v1/incidents/" + id + "/acknowledge";

    const auto refused = api.ask(Method::get, "/api/v1/incidents");
    CHECK(refused.status == 401);
    CHECK(header_of(refused, "WWW-Authenticate").starts_with("Bearer"));
    for (const auto* wrong : {"Bearer", "Bearer ", "Bearer purple", "Basic red", "red"})
        CHECK(api.ask(Method::get, "/metrics", {}, {{"authorization", wrong}}).status == 401);

    CHECK(with_token(api, Method::get, "/metrics", "red").status == 200);
    CHECK(with_token(api, Method::post, acknowledge, "red").status == 403);
    CHECK(with_token(api, Method::post, "/-/reload", "blue").status == 403);
    CHECK_THAT(with_token(api, Method::post, acknowledge, "red").body,
               Contains("the token of reader has the role read, this needs write or admin"));
    CHECK_THAT(with_token(api, Method::post, "/-/reload", "blue").body,
               Contains("the token of writer has the role write, this needs admin"));
    CHECK(with_token(api, Method::post, "/-/reload", "gold").status == 200);
    const auto taken = with_token(api, Method::post, acknowledge, "blue");
    CHECK(taken.status == 200);
    CHECK(nlohmann::json::parse(taken.body)["acknowledged_by"] == "writer");

    for (const auto* open : {"/healthz", "/readyz", "/-/healthy", "/-/ready", "/", "/console/app.js"})
        CHECK(api.ask(Method::get, open).status == 200);
}

TEST_CASE("a token file is read again when it changes, and an empty one lets nobody in") {
    const Folder folder;
    const auto file = folder.write("t", "first");
    web::Authenticator authenticator({{"alice", Role::write, file}, {"ghost", Role::admin, "/nowhere/at/all"}});
    CHECK(authenticator.identify("Bearer first")->name == "alice");
    CHECK_FALSE(authenticator.identify("Bearer "));
    folder.write("t", "second!");
    CHECK_FALSE(authenticator.identify("Bearer first"));
    CHECK(authenticator.identify("bearer second!")->role == Role::write);
    folder.write("t", " \n");
    CHECK_FALSE(authenticator.identify("Bearer second!"));
    CHECK_FALSE(authenticator.identify("Bearer \n"));
    std::filesystem::remove(file);
    CHECK_FALSE(authenticator.identify("Bearer second!"));
}

TEST_CASE("without tokens everybody is anonymous") {
    Api api;
    const auto taken = api.post("/api/v1/incidents/" + api.id_of("authz-denials") + "/acknowledge");
    CHECK(taken["acknowledged_by"] == "anonymous");
}

TEST_CASE("a page of another origin may not change anything") {
    Api api;
    const auto path = "/api/v1/incidents/" + api.id_of("authz-denials") + "/acknowledge";
    const auto from = [&](const char* origin) {
        return api.ask(Method::post, path, {}, {{"host", "127.0.0.1:20011"}, {"origin", origin}}).status;
    };
    CHECK(from("http://evil.example") == 403);
    CHECK(from("null") == 403);
    CHECK(api.ask(Method::post, path, {}, {{"sec-fetch-site", "cross-site"}}).status == 403);
    CHECK(from("http://127.0.0.1:20011") == 200);
    api.options.external_url = "https://warden.example/mesh";
    CHECK(from("https://warden.example") == 200);
}

TEST_CASE("without tokens only an address, a name without a dot and our own name are answered to, whatever is asked") {
    Api api;
    const auto by = [&](const std::string& host, std::string_view target = "/api/v1/incidents") {
        return api.ask(Method::get, target, {}, {{"host", host}}).status;
    };
    for (const auto* ours : {"127.0.0.1:20011", "10.1.2.3", "[::1]:20011", "[2001:db8::1]", "localhost", "meshwarden:8080"})
        CHECK(by(ours) == 200);
    for (const auto* other : {"evil.test:20011", "127.0.0.1.evil.test", "localhost.evil.test", "[::1].evil.test",
                              "1.2.3", "warden.example"})
        CHECK(by(other) == 403);
    for (const auto* open : {"/healthz", "/readyz", "/metrics", "/", "/console/app.js"})
        CHECK(by("evil.test:20011", open) == 200);
    for (const auto* closed : {"/api/v1/status", "/api/v1/events", "/api/v1/deliveries", "/api/v1/openapi.json"})
        CHECK(by("evil.test:20011", closed) == 403);
    CHECK(api.ask(Method::post, "/-/reload", {},
                  {{"host", "evil.test:20011"}, {"origin", "http://evil.test:20011"}}).status == 403);
    CHECK_THAT(api.ask(Method::get, "/api/v1/status", {}, {{"host", "evil.test:20011"}}).body,
               Contains("not to evil.test:20011"));
    api.options.external_url = "https://Warden.example:8443/mesh";
    CHECK(by("warden.example") == 200);
    CHECK(by("warden.example:20011") == 200);
    CHECK(by("evil.test") == 403);
}

TEST_CASE("with tokens every name is answered to") {
    const Folder folder;
    Api api({{"reader", Role::read, folder.write("r", "red")}});
    const auto ask = [&](std::vector<std::pair<std::string, std::string>> headers) {
        headers.emplace_back("host", "warden.monitoring.svc:20011");
        return api.ask(Method::get, "/api/v1/incidents", {}, std::move(headers)).status;
    };
    CHECK(ask({}) == 401);
    CHECK(ask({{"authorization", "Bearer red"}}) == 200);
}

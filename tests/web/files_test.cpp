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
        served.insert((route.method == Method::get ? "get " : "post ") + std::string(route.pattern));
    CHECK(described == served);
}

namespace {

void check_shape(const nlohmann::json& value, const nlohmann::json& schema, const nlohmann::json& document,
                 const std::string& where);

const nlohmann::json& resolved(const nlohmann::json& schema, const nlohmann::json& document) {
    if (!schema.contains("$ref")) return schema;
    return document.at(nlohmann::json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
}

bool is_of_type(const nlohmann::json& value, const std::string& type) {
    if (type == "null") return value.is_null();
    if (type == "string") return value.is_string();
    if (type == "boolean") return value.is_boolean();
    if (type == "integer") return value.is_number_integer();
    if (type == "number") return value.is_number();
    if (type == "array") return value.is_array();
    return value.is_object();
}

void check_object(const nlohmann::json& value, const nlohmann::json& schema, const nlohmann::json& document,
                  const std::string& where) {
    for (const auto& name : schema.value("required", nlohmann::json::array())) {
        INFO(where << "." << name);
        CHECK(value.contains(name.get<std::string>()));
    }
    const auto properties = schema.value("properties", nlohmann::json::object());
    for (const auto& [name, part] : value.items()) {
        INFO(where << "." << name);
        if (properties.contains(name))
            check_shape(part, properties[name], document, where + "." + name);
        else if (schema.contains("additionalProperties"))
            check_shape(part, schema["additionalProperties"], document, where + "." + name);
        else
            CHECK((!schema.contains("properties") || schema.value("x-open", false)));
    }
}

void check_shape(const nlohmann::json& value, const nlohmann::json& raw, const nlohmann::json& document,
                 const std::string& where) {
    const auto& schema = resolved(raw, document);
    auto types = schema.value("type", nlohmann::json::array());
    if (types.is_string()) types = nlohmann::json::array({types});
    bool fits = types.empty();
    for (const auto& type : types) fits = fits || is_of_type(value, type);
    INFO(where << ": " << value.dump());
    CHECK(fits);
    if (schema.contains("enum")) CHECK(std::ranges::find(schema["enum"], value) != schema["enum"].end());
    if (value.is_object() && !schema.contains("allOf")) check_object(value, schema, document, where);
    if (value.is_array() && schema.contains("items"))
        for (const auto& item : value) check_shape(item, schema["items"], document, where + "[]");
}

}  // namespace

TEST_CASE("the answers have the shape that the description gives") {
    Api api;
    const auto document = api.get("/api/v1/openapi.json");
    for (const auto* path : {"/api/v1/incidents", "/api/v1/signals", "/api/v1/rules", "/api/v1/alerts",
                             "/api/v1/topology", "/api/v1/deliveries", "/api/v1/status"}) {
        const auto& operation = document["paths"][path]["get"];
        const auto& content = operation["responses"]["200"]["content"]["application/json"];
        check_shape(api.get(path), content["schema"], document, path);
    }
    const auto detail = api.get("/api/v1/incidents/" + api.id_of("authz-denials"));
    const auto& schemas = document["components"]["schemas"];
    check_shape(detail["evidence"], schemas["Evidence"], document, "evidence");
    check_shape(detail["timeline"], {{"type", "array"}, {"items", schemas["Event"]}}, document, "timeline");
    check_shape(detail["notices"], {{"type", "array"}, {"items", schemas["Notice"]}}, document, "notices");
    check_shape(api.get("/nothing", 404), schemas["Problem"], document, "problem");
}

// Asks the handlers without a socket, over a SQLite store in memory that holds the sample.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/web/sample.hpp"

namespace meshwarden::tests {

class Api {
public:
    explicit Api(std::vector<web::Token> tokens = {}) : authenticator_(tokens) {
        options.tokens = std::move(tokens);
        options.kiali = "https://kiali/{{destination_namespace}}/{{ destination_service }}";
        auto opened = incidents::open_store("sqlite::memory:");
        REQUIRE(opened);
        store = std::move(*opened);
        sample.fill(*store);
    }

    web::Response ask(web::Method method, std::string_view target, std::string body = {},
                      std::vector<std::pair<std::string, std::string>> headers = {}) {
        web::Request request;
        request.method = method;
        if (!web::parse_target(target, request)) request.path.clear();
        request.headers = std::move(headers);
        if (!body.empty() && request.header("content-type").empty())
            request.headers.emplace_back("content-type", "application/json");
        request.body = std::move(body);
        const auto needs = sample.dependencies();
        web::Context context{options, needs, authenticator_, store.get(), "no store"};
        return web::handle(request, context);
    }

    nlohmann::json get(std::string_view target, int status = 200) {
        return parsed(ask(web::Method::get, target), status);
    }
    nlohmann::json post(std::string_view target, std::string body = {}, int status = 200) {
        return parsed(ask(web::Method::post, target, std::move(body)), status);
    }

    // The id of the sample's incident of this rule.
    std::string id_of(const std::string& rule) {
        return get("/api/v1/incidents?rule=" + rule)["incidents"][0]["id"];
    }

    Sample sample;
    web::Options options;
    std::unique_ptr<incidents::Store> store;

private:
    static nlohmann::json parsed(const web::Response& response, int status) {
        INFO(response.body);
        CHECK(response.status == status);
        CHECK(response.content_type == (status < 400 ? "application/json" : "application/problem+json"));
        return nlohmann::json::parse(response.body);
    }

    web::Authenticator authenticator_;
};

inline std::string header_of(const web::Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

// A folder of its own, gone with it.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "meshwarden-web-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()));
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return (path / name).string();
    }
    std::filesystem::path path;
};

}  // namespace meshwarden::tests

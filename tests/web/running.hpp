// A server on a free port over the sample.
#pragma once

#include "tests/web/api.hpp"
#include "tests/web/client.hpp"
#include "web/server.hpp"

namespace meshwarden::tests {

struct Running {
    explicit Running(web::Options wanted = {}) : options(std::move(wanted)) {
        sample.storage_url = database("web.db");
        options.port = 0;
        auto started = web::Server::start(options, sample.dependencies());
        REQUIRE(started);
        server = std::move(*started);
    }

    Client client() const { return Client(server->port()); }

    // The URL of a new database that holds the sample.
    std::string database(const std::string& name) const {
        const auto url = "sqlite:" + (folder.path / name).string();
        auto store = incidents::open_store(url);
        REQUIRE(store);
        sample.fill(**store);
        return url;
    }

    Folder folder;
    Sample sample;
    web::Options options;
    std::unique_ptr<web::Server> server;
};

}  // namespace meshwarden::tests

#include <sys/resource.h>

#include <chrono>
#include <thread>
#include <vector>

#include "tests/web/running.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;

namespace {

bool is(const std::string& answer, int status) {
    return answer.starts_with("HTTP/1.1 " + std::to_string(status) + " ");
}

double seconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

TEST_CASE("one connection serves many requests") {
    const Running running;
    const auto client = running.client();
    CHECK(is(client.ask("GET /healthz"), 200));
    CHECK(client.ask("GET /api/v1/incidents").find("\"next_cursor\":null") != std::string::npos);
    const auto head = client.ask("HEAD /api/v1/incidents");
    CHECK(is(head, 200));
    CHECK(head.ends_with("\r\n\r\n"));
    CHECK(head.find("Content-Length: 0") == std::string::npos);
    CHECK(is(client.ask("DELETE /api/v1/incidents"), 405));
    CHECK(is(client.ask("GET /"), 200));
    client.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(client.answer().find("ok\n") != std::string::npos);
}

TEST_CASE("HTTP/1.0 and Connection: close end the connection after the answer") {
    const Running running;
    for (const auto* request : {"GET /healthz HTTP/1.0\r\n\r\n",
                                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"}) {
        const auto client = running.client();
        client.send(request);
        CHECK(is(client.answer(), 200));
        CHECK(client.is_closed());
    }
}

TEST_CASE("a body, and one that waits for 100 Continue") {
    const Running running;
    const auto client = running.client();
    client.send("POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                "Expect: 100-continue\r\n\r\n");
    CHECK(client.answer(true).starts_with("HTTP/1.1 100 Continue"));
    client.send("{}");
    CHECK(is(client.answer(), 200));
}

TEST_CASE("what is too long or not HTTP is refused with a reason") {
    const Running running;
    const auto status_of = [&](const std::string& bytes) {
        const auto client = running.client();
        client.send(bytes);
        return client.answer().substr(0, 12);
    };
    CHECK(status_of("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n") == "HTTP/1.1 431");
    const std::string post = "POST /-/reload HTTP/1.1\r\nHost: localhost\r\n", long_body(0x20000, 'a');
    CHECK(status_of(post + "Content-Length: 131072\r\n\r\n" + long_body) == "HTTP/1.1 413");
    CHECK(status_of(post + "Transfer-Encoding: chunked\r\n\r\n20000\r\n" + long_body) == "HTTP/1.1 413");
    CHECK(status_of("nonsense\r\n\r\n") == "HTTP/1.1 400");
    CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == "HTTP/1.1 400");
    CHECK(status_of("GET http://x/ HTTP/1.1\r\nHost: localhost\r\n\r\n") == "HTTP/1.1 400");
}

TEST_CASE("a slow client is dropped: in the header, in the body, and between requests") {
    web::Options options;
    options.request_timeout = Duration(300);
    options.idle_timeout = Duration(600);
    const Running running(options);
    const auto header = running.client(), body = running.client(), idle = running.client(), silent = running.client();
    const auto start = std::chrono::steady_clock::now();
    header.send("GET /healthz HT");
    body.send("POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{");
    CHECK(is(idle.ask("GET /healthz"), 200));
    CHECK(header.is_closed());
    CHECK(body.is_closed());
    CHECK(silent.is_closed());
    CHECK(idle.is_closed());
    CHECK(seconds_since(start) > 0.55);
}

TEST_CASE("a trickle of bytes does not reset the clock") {
    web::Options options;
    options.request_timeout = Duration(400);
    const Running running(options);
    const auto client = running.client();
    bool closed = false;
    for (int i = 0; i < 40 && !closed; ++i) {
        client.send("G");
        closed = client.is_closed(50);
    }
    CHECK(closed);
}

TEST_CASE("3,000 half-open requests do not stop /healthz") {
    rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    files.rlim_cur = files.rlim_max;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_cur < 6'500) {
        WARN("too few file descriptors for this test: " << files.rlim_cur);
        return;
    }
    const Running running;
    std::vector<Client> crowd;
    for (int i = 0; i < 3'000; ++i) {
        crowd.push_back(running.client());
        crowd.back().send("GET /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\nX-Slow: ");
    }
    const auto start = std::chrono::steady_clock::now();
    CHECK(is(running.client().ask("GET /healthz"), 200));
    CHECK(is(running.client().ask("GET /api/v1/incidents"), 200));
    CHECK(seconds_since(start) < 5);  // well before the first of them runs into request_timeout
}

TEST_CASE("at the limit the longest waiting connection makes room") {
    web::Options options;
    options.max_connections = 20;
    const Running running(options);
    std::vector<Client> crowd;
    for (int i = 0; i < 60; ++i) {
        crowd.push_back(running.client());
        crowd.back().send("GET /slow");
    }
    CHECK(is(running.client().ask("GET /healthz"), 200));
    CHECK(crowd.front().is_closed());
    CHECK_FALSE(crowd.back().is_closed(50));
}

TEST_CASE("many clients at once") {
    const Running running;
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i)
            threads.emplace_back([&] {
                const auto client = running.client();
                for (int j = 0; j < 40; ++j)
                    good += is(client.ask(j % 2 ? "GET /api/v1/incidents" : "GET /metrics"), 200);
            });
    }
    CHECK(good == 320);
}

TEST_CASE("stop is quick, whoever is connected, and may be repeated") {
    Running running;
    std::vector<Client> crowd;
    for (int i = 0; i < 50; ++i) {
        crowd.push_back(running.client());
        crowd.back().send(i % 2 ? "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n" : "GET ");
    }
    const auto start = std::chrono::steady_clock::now();
    running.server->stop();
    CHECK(seconds_since(start) < 1);
    for (const auto& client : crowd) (void)client.answer();
    CHECK(crowd.front().is_closed());
    running.server->stop();
    CHECK_THROWS(running.client());
}

TEST_CASE("an address that is taken or wrong is an error, not a crash") {
    Running running;
    web::Options options;
    options.port = running.server->port();
    const auto taken = web::Server::start(options, running.sample.dependencies());
    REQUIRE_FALSE(taken);
    CHECK(taken.error().message.find("cannot listen") != std::string::npos);
    options.address = "localhost";
    CHECK_FALSE(web::Server::start(options, running.sample.dependencies()));
}

TEST_CASE("a store that cannot be opened is asked again") {
    Running running;
    running.sample.storage_url = "sqlite:/nowhere/at/all.db";
    const auto client = running.client();
    CHECK(is(client.ask("GET /api/v1/incidents"), 503));
    CHECK(client.ask("GET /api/v1/status").find("the store cannot be opened: ") != std::string::npos);
    CHECK(is(client.ask("GET /metrics"), 200));
    running.sample.storage_url = "sqlite:" + (running.folder.path / "web.db").string();
    CHECK(is(client.ask("GET /api/v1/incidents"), 200));
}

TEST_CASE("another storage is opened as soon as the configuration names it") {
    Running running;
    const auto client = running.client();
    CHECK(client.ask("GET /api/v1/incidents?rule=authz-denials").find("\"state\":\"open\"") != std::string::npos);
    const auto other = "sqlite:" + (running.folder.path / "other.db").string();
    REQUIRE(incidents::open_store(other));
    running.sample.storage_url = other;
    CHECK(client.ask("GET /api/v1/incidents").find("\"incidents\":[]") != std::string::npos);
}

TEST_CASE("a client that never reads is dropped and delays nobody") {
    web::Options options;
    options.answer_timeout = Duration(500);
    const Running running(options);
    const auto greedy = running.client();
    std::string many;
    for (int i = 0; i < 2'000; ++i) many += "GET /console/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
    greedy.send_some(many);
    const auto start = std::chrono::steady_clock::now();
    CHECK(is(running.client().ask("GET /healthz"), 200));
    CHECK(is(running.client().ask("GET /api/v1/incidents"), 200));
    CHECK(greedy.is_reset());
    CHECK(seconds_since(start) < 20);
}

TEST_CASE("an answer that nobody reads counts as waiting: newcomers get in") {
    web::Options options;
    options.max_connections = 10;
    const Running running(options);
    std::string many;
    for (int i = 0; i < 2'000; ++i) many += "GET /console/style.css HTTP/1.1\r\nHost: localhost\r\n\r\n";
    std::vector<Client> crowd;
    for (int i = 0; i < 12; ++i) {
        crowd.push_back(running.client());
        crowd.back().send_some(many);
    }
    CHECK(is(running.client().ask("GET /healthz"), 200));
}

TEST_CASE("a reload moves the listener, and refuses to where it cannot") {
    Running running;
    const auto kept = running.client();
    CHECK(is(kept.ask("GET /healthz"), 200));
    const auto before = running.server->port();
    const Running other;
    auto wanted = running.options;
    wanted.port = other.server->port();
    const auto refused = running.server->reconfigure(wanted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(std::to_string(wanted.port)) != std::string::npos);
    CHECK(running.server->port() == before);
    CHECK(is(running.client().ask("GET /healthz"), 200));

    wanted.address = "::1";
    wanted.port = 0;
    if (!running.server->reconfigure(wanted)) WARN("no IPv6 on this machine");
    wanted.address = "127.0.0.1";
    wanted.port = before;
    REQUIRE(running.server->reconfigure(wanted));
    CHECK(is(running.client().ask("GET /healthz"), 200));
    CHECK(is(kept.ask("GET /healthz"), 200));
}

TEST_CASE("a reload changes tokens and links") {
    Running running;
    const auto client = running.client();
    CHECK(is(client.ask("GET /api/v1/status"), 200));
    auto wanted = running.options;
    wanted.kiali = "https://new.example/";
    wanted.tokens = {{"reader", web::Role::read, running.folder.write("token", "secret")}};
    REQUIRE(running.server->reconfigure(wanted));
    CHECK(is(client.ask("GET /api/v1/status"), 401));
    client.send("GET /api/v1/incidents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n");
    CHECK(client.answer().find("https://new.example/") != std::string::npos);
    wanted.tls.cert_file = "/nowhere/cert.pem";
    wanted.tokens.clear();
    const auto refused = running.server->reconfigure(wanted);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("web.tls.cert_file /nowhere/cert.pem") != std::string::npos);
    CHECK(is(client.ask("GET /api/v1/status"), 401));
}

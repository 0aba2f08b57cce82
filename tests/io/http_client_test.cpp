#include "io/http_client.hpp"

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <unistd.h>
#include <zlib.h>

#include "tests/catch.hpp"
#include "tests/fakes/page_server.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;
using fakes::PageAnswer;
using fakes::PageRequest;
using fakes::PageServer;

namespace {

io::Endpoint endpoint_of(const PageServer& server) {
    io::Endpoint endpoint;
    endpoint.url = server.url();
    endpoint.timeout = 5s;
    return endpoint;
}

std::string gzip(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = uInt(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = uInt(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

// A file of the test's own, removed with it.
class SecretFile {
public:
    explicit SecretFile(const std::string& text)
        : path_(std::filesystem::temp_directory_path() / ("meshwarden-secret-" + std::to_string(::getpid()))) {
        set(text);
    }
    ~SecretFile() { std::filesystem::remove(path_); }
    void set(const std::string& text) { std::ofstream(path_) << text; }
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a POST carries body, content type and headers, and takes gzip") {
    PageRequest seen;
    const PageServer server([&](const PageRequest& request) {
        seen = request;
        return PageAnswer{200, gzip("hello hello hello"), {{"Content-Encoding", "gzip"}, {"Retry-After", "7"}}};
    });
    io::Endpoint endpoint = endpoint_of(server);
    endpoint.url += "/prefix/";
    endpoint.headers = {{"X-Scope-OrgID", "tenant"}};
    io::Request request{"POST", "/api/v1/query", "query=up", "application/x-www-form-urlencoded", {{"X-One", "1"}}};
    io::HttpClient client;
    const auto response = client.send(endpoint, request);
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "hello hello hello");
    CHECK(response->retry_after == "7");
    CHECK(seen.method == "POST");
    CHECK(seen.path == "/prefix/api/v1/query");
    CHECK(seen.body == "query=up");
    CHECK(seen.headers["content-type"] == "application/x-www-form-urlencoded");
    CHECK(seen.headers["x-scope-orgid"] == "tenant");
    CHECK(seen.headers["x-one"] == "1");
    CHECK(seen.headers["accept-encoding"] == "gzip");
}

TEST_CASE("credentials come from files that are read anew") {
    std::string authorization;
    const PageServer server([&](const PageRequest& request) {
        authorization = request.headers.at("authorization");
        return PageAnswer{};
    });
    SecretFile file("first\n");
    io::HttpClient client;
    io::Endpoint endpoint = endpoint_of(server);
    SECTION("a bearer token") {
        endpoint.bearer_token_file = file.path();
        REQUIRE(client.send(endpoint, {}));
        CHECK(authorization == "Bearer first");
        file.set("second");
        REQUIRE(client.send(endpoint, {}));
        CHECK(authorization == "Bearer second");
    }
    SECTION("basic auth") {
        endpoint.username = "user";
        endpoint.password_file = file.path();
        REQUIRE(client.send(endpoint, {}));
        CHECK(authorization == "Basic dXNlcjpmaXJzdA==");
    }
}

TEST_CASE("what cannot be sent is an error that shows no secret") {
    const PageServer server([](const PageRequest&) { return PageAnswer{}; });
    io::HttpClient client;
    io::Endpoint endpoint = endpoint_of(server);
    SECTION("a missing secret") {
        endpoint.bearer_token_file = "/nonexistent/token";
        const auto response = client.send(endpoint, {});
        REQUIRE_FALSE(response);
        CHECK(response.error().message.find("/nonexistent/token") != std::string::npos);
    }
    SECTION("a token with a line break") {
        SecretFile file("one\r\nX-Evil: 1");
        endpoint.bearer_token_file = file.path();
        CHECK_FALSE(client.send(endpoint, {}));
        CHECK(server.requests() == 0);
    }
    SECTION("another scheme") {
        endpoint.url = "file:///etc/passwd";
        CHECK_FALSE(client.send(endpoint, {}));
    }
    SECTION("nobody listens") {
        endpoint.url = "http://127.0.0.1:1/secret-path";
        const auto response = client.send(endpoint, {});
        REQUIRE_FALSE(response);
        CHECK(response.error().message.find("secret-path") == std::string::npos);
        CHECK(response.error().message.find("refused") != std::string::npos);
    }
}

TEST_CASE("every status is an answer and a redirect is not followed") {
    const int status = GENERATE(204, 302, 400, 401, 404, 429, 500, 503);
    const PageServer server([=](const PageRequest&) {
        return PageAnswer{status, "", {{"Location", "http://127.0.0.1:1/"}}};
    });
    io::HttpClient client;
    const auto response = client.send(endpoint_of(server), {});
    REQUIRE(response);
    CHECK(response->status == status);
    CHECK(server.requests() == 1);
}

TEST_CASE("a body is whole and bounded, or an error") {
    io::HttpClient client;
    SECTION("too large after decompression") {
        const PageServer server([](const PageRequest&) {
            return PageAnswer{200, gzip(std::string(1 << 20, 'a')), {{"Content-Encoding", "gzip"}}};
        });
        io::Endpoint endpoint = endpoint_of(server);
        endpoint.max_body = 1000;
        const auto response = client.send(endpoint, {});
        REQUIRE_FALSE(response);
        CHECK(response.error().message == "the answer is larger than 1000 bytes");
    }
    SECTION("cut off") {
        const PageServer server([](const PageRequest&) { return PageAnswer{200, "0123456789", {}, 4}; });
        CHECK_FALSE(client.send(endpoint_of(server), {}));
    }
}

TEST_CASE("requests go together and a hung one does not stop the others") {
    const PageServer server([](const PageRequest& request) {
        PageAnswer answer{200, request.path};
        answer.hang = request.path == "/3";
        return answer;
    });
    io::HttpClient client;
    io::Endpoint endpoint = endpoint_of(server);
    endpoint.timeout = 400ms;
    std::vector<io::Request> requests(8);
    for (std::size_t i = 0; i < requests.size(); ++i) requests[i].path = "/" + std::to_string(i);
    const auto before = std::chrono::steady_clock::now();
    const auto responses = client.send_all(endpoint, requests);
    CHECK(std::chrono::steady_clock::now() - before < 5s);
    REQUIRE(responses.size() == 8);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        CHECK(responses[i].has_value() == (i != 3));
        if (responses[i]) CHECK(responses[i]->body == requests[i].path);
    }
    CHECK(responses[3].error().message.starts_with(io::timeout_word));
}

TEST_CASE("a stop ends a request that hangs") {
    const PageServer server([](const PageRequest&) { return PageAnswer{200, "", {}, {}, true}; });
    std::stop_source source;
    const std::jthread stopper([&] {
        std::this_thread::sleep_for(100ms);
        source.request_stop();
    });
    io::HttpClient client;
    const auto before = std::chrono::steady_clock::now();
    io::Endpoint endpoint = endpoint_of(server);
    endpoint.timeout = 1min;
    CHECK_FALSE(client.send(endpoint, {}, source.get_token()));
    CHECK(std::chrono::steady_clock::now() - before < 30s);
    CHECK_FALSE(client.send(endpoint, {}, source.get_token()));
}

TEST_CASE("forms are percent-encoded") {
    CHECK(io::form_encode({{"query", "up{a=\"b c\"}+1"}, {"t", "1.5"}}) == "query=up%7Ba%3D%22b%20c%22%7D%2B1&t=1.5");
    CHECK(io::form_encode({}).empty());
}

TEST_CASE("a secret is the file without its trailing newline") {
    SecretFile file("two words \n");
    CHECK(io::read_secret(file.path()).value() == "two words ");
    file.set(std::string(70'000, 'x'));
    CHECK_FALSE(io::read_secret(file.path()));
    CHECK_FALSE(io::read_secret("/"));
}

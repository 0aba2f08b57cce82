#include "web/request_reader.hpp"

#include "tests/catch.hpp"

using namespace meshwarden;
using State = web::RequestReader::State;

namespace {

constexpr std::size_t max_header = 16u << 10, max_body = 64u << 10;
const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n", post = "POST /x HTTP/1.1\r\nHost: x\r\n";

// What becomes of these bytes: 0 whole, 1 more is wanted, else the status of the refusal.
int outcome(std::string bytes) {
    web::RequestReader reader(max_header, max_body);
    switch (reader.read(bytes)) {
        case State::whole: return 0;
        case State::refused: return reader.refusal.status;
        default: return 1;
    }
}

// The same bytes one by one must mean the same.
int trickled(const std::string& bytes) {
    web::RequestReader reader(max_header, max_body);
    std::string waiting;
    for (const char byte : bytes) {
        waiting += byte;
        const auto state = reader.read(waiting);
        if (state == State::whole) return 0;
        if (state == State::refused) return reader.refusal.status;
    }
    return 1;
}

}  // namespace

TEST_CASE("bytes that two readers could understand differently are refused") {
    const auto [expected, bytes] = GENERATE(table<int, std::string>({
        {400, post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
        {400, post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"},
        {400, post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
        {400, post + "Content-Length: 3, 3\r\n\r\nabc"},
        {400, post + "Content-Length: +3\r\n\r\nabc"},
        {400, post + "Content-Length: -3\r\n\r\nabc"},
        {400, post + "Content-Length: 0x3\r\n\r\nabc"},
        {400, post + "Content-Length : 3\r\n\r\nabc"},
        {400, post + "Content-Length: 99999999999999999999999\r\n\r\nabc"},
        {501, post + "Transfer-Encoding: gzip\r\n\r\nabc"},
        {501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
        {501, post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
        {400, post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, post + "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"},
        {400, get + "X: a\r\n b\r\n\r\n"},
        {400, get + "X: a\r\n\tb\r\n\r\n"},
        {400, "GET / HTTP/1.1\nHost: x\n\n"},
        {400, get + "X: a\rb\r\n\r\n"},
        {400, get + "X: a\nContent-Length: 3\r\n\r\n"},
        {400, get + "X: a" + std::string(1, '\0') + "b\r\n\r\n"},
        {400, std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 27)},
        {400, get + "X: \x7f\r\n\r\n"},
        {400, get + "no colon\r\n\r\n"},
        {400, get + ": no name\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\nHost: x/y@z\r\n\r\n"},
        {400, "GET / HTTP/1.1\r\n\r\n"},
        {400, "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
        {400, "GET /\r\n\r\n"},
        {400, "\x16\x03\x01\x02"},
        {505, "GET / HTTP/2.0\r\nHost: x\r\n\r\n"},
        {417, post + "Expect: a miracle\r\nContent-Length: 1\r\n\r\na"},
        {414, "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"},
        {431, get + "X: " + std::string(17'000, 'a') + "\r\n\r\n"},
        {413, post + "Content-Length: 70000\r\n\r\n"},
    }));
    INFO(bytes.substr(0, 200));
    CHECK(outcome(bytes) == expected);
    CHECK(trickled(bytes) == expected);
}

TEST_CASE("chunks: whole, broken, without end") {
    const std::string chunked = post + "Transfer-Encoding: Chunked\r\n\r\n";
    CHECK(outcome(chunked + "3\r\nabc\r\n0\r\n\r\n") == 0);
    CHECK(trickled(chunked + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n") == 0);
    CHECK(outcome(chunked + "3\r\nab") == 1);
    for (const auto* broken : {"x\r\n", "-1\r\nabc\r\n", "0x3\r\nabc\r\n", "3\r\nabcd\r\n",
                               "ffffffffffffffffff\r\n", "\r\n"}) {
        INFO(broken);
        CHECK(outcome(chunked + broken + "0\r\n\r\n\r\n") == 400);
        CHECK(trickled(chunked + broken + "0\r\n\r\n\r\n") == 400);
    }
    CHECK(outcome(chunked + "20000\r\n" + std::string(0x20000, 'a')) == 413);
    CHECK(outcome(chunked + "1;" + std::string(200'000, 'x')) == 400);
}

TEST_CASE("many header fields are too many") {
    std::string many;
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    CHECK(outcome(get + many + "\r\n") == 431);
}

TEST_CASE("a request that came with the one before it waits its turn; a trailer is no header") {
    web::RequestReader reader(max_header, max_body);
    auto bytes = post + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nAuthorization: Bearer x\r\n\r\n" +
                 "\r\nGET /second?a=b HTTP/1.1\r\nHost: y\r\nConnection: close\r\n\r\n";
    REQUIRE(reader.read(bytes) == State::whole);
    CHECK(reader.request.body == "a");
    CHECK(reader.request.header("authorization").empty());
    CHECK(reader.keep_alive);
    reader.next();
    REQUIRE(reader.read(bytes) == State::whole);
    CHECK(reader.request.path == "/second");
    CHECK(reader.request.header("host") == "y");
    CHECK(reader.request.body.empty());
    CHECK_FALSE(reader.keep_alive);
    CHECK(bytes.empty());
}

TEST_CASE("100 Continue is said once, and only to a body that has not begun") {
    web::RequestReader reader(max_header, max_body);
    auto bytes = post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    CHECK(reader.read(bytes) == State::wants_continue);
    bytes = "{";
    CHECK(reader.read(bytes) == State::incomplete);
    bytes = "}";
    CHECK(reader.read(bytes) == State::whole);
    CHECK(reader.request.body == "{}");
    CHECK(outcome(post + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}") == 0);
}

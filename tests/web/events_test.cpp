#include "tests/web/api.hpp"
#include "tests/web/running.hpp"

using namespace meshwarden;
using namespace meshwarden::tests;
using web::Method;

namespace {

web::Response events_after(Api& api, const std::string& id) {
    return api.ask(Method::get, "/api/v1/events", {}, {{"last-event-id", id}});
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
    return found;
}

void comment(const Running& running, const std::string& id, const std::string& note) {
    const auto body = R"({"note":")" + note + "\"}";
    const auto client = running.client();
    client.send("POST /api/v1/incidents/" + id + "/comment HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    REQUIRE(client.answer().starts_with("HTTP/1.1 200"));
}

std::string first_id(const Running& running) {
    const auto list = running.client().ask("GET /api/v1/incidents?rule=authz-denials");
    const auto at = list.find("\"id\":\"") + 6;
    return list.substr(at, list.find('"', at) - at);
}

}  // namespace

TEST_CASE("events from the beginning, from the middle, and from now") {
    Api api;
    const auto all = events_after(api, "0");
    CHECK(all.status == 200);
    CHECK(all.content_type == "text/event-stream");
    const auto head = *all.continues_after;
    CHECK(count(all.body, "event: ") == std::size_t(head));
    CHECK(all.body.find("id: 1\nevent: opened\ndata: {") != std::string::npos);
    const auto data = all.body.substr(all.body.find("data: ") + 6);
    const auto first = nlohmann::json::parse(data.substr(0, data.find('\n')));
    CHECK(first["seq"] == 1);
    CHECK(first["event"] == "opened");
    CHECK(first["at"].get<std::string>().ends_with("Z"));
    CHECK(api.get("/api/v1/incidents/" + first["incident"].get<std::string>())["timeline"][0]["seq"] == 1);

    CHECK(count(events_after(api, std::to_string(head - 1)).body, "event: ") == 1);
    const auto now = api.ask(Method::get, "/api/v1/events");
    CHECK(count(now.body, "event: ") == 0);
    CHECK(now.continues_after == head);
    CHECK(now.body.find("id: " + std::to_string(head) + "\n") != std::string::npos);
}

TEST_CASE("the header goes before the parameter, and both must be numbers") {
    Api api;
    const auto both = api.ask(Method::get, "/api/v1/events?last_event_id=1", {}, {{"last-event-id", "3"}});
    CHECK(count(both.body, "id: 3\n") == 1);
    CHECK(count(api.ask(Method::get, "/api/v1/events?last_event_id=0").body, "\nid: 1\n") == 1);
    for (const auto* wrong : {"x", "-1", "1.5", "99999999999999999999"}) {
        CHECK(events_after(api, wrong).status == 400);
        CHECK(api.ask(Method::get, std::string("/api/v1/events?last_event_id=") + wrong).status == 400);
    }
}

TEST_CASE("an id of the future, of another database for example, is a gap") {
    Api api;
    const auto head = *api.ask(Method::get, "/api/v1/events").continues_after;
    const auto future = events_after(api, "1000000");
    CHECK(future.continues_after == head);
    CHECK(count(future.body, "event: gap\n") == 1);
    CHECK(future.body.find("\"asked_after\":1000000") != std::string::npos);
}

TEST_CASE("a stream: what is old, then what happens, in order") {
    const Running running;
    const auto id = first_id(running);
    const auto client = running.client();
    client.send("GET /api/v1/events?last_event_id=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto before = client.until("event: opened");
    CHECK(before.starts_with("HTTP/1.1 200"));
    CHECK(before.find("Transfer-Encoding: chunked") != std::string::npos);
    comment(running, id, "one");
    CHECK(client.until("event: commented").find(id) != std::string::npos);
    comment(running, id, "two");
    CHECK(client.until("event: commented").find(id) != std::string::npos);
}

TEST_CASE("a stream without events gives signs of life") {
    web::Options options;
    options.stream_silence = Duration(200);
    options.stream_poll = Duration(100);
    const Running running(options);
    const auto client = running.client();
    client.send("GET /api/v1/events HTTP/1.0\r\n\r\n");
    const auto text = client.until(": still here\n\n");
    CHECK(text.find("chunked") == std::string::npos);
    CHECK(client.until(": still here\n\n").ends_with(": still here\n\n"));
}

TEST_CASE("streams are few; one that ends leaves its place") {
    web::Options options;
    options.max_streams = 2;
    const Running running(options);
    const auto open = [&] {
        auto client = running.client();
        client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client;
    };
    const auto first = open();
    CHECK_FALSE(first.until("retry: ").empty());
    {
        const auto second = open();
        CHECK_FALSE(second.until("retry: ").empty());
        CHECK(open().answer().starts_with("HTTP/1.1 503"));
    }
    bool opened = false;
    for (int i = 0; i < 100 && !opened; ++i) opened = open().until("\r\n").starts_with("HTTP/1.1 200");
    CHECK(opened);
}

TEST_CASE("HEAD of the stream is no stream") {
    const Running running;
    const auto client = running.client();
    CHECK(client.ask("HEAD /api/v1/events").find("text/event-stream") != std::string::npos);
    CHECK(client.ask("GET /healthz").starts_with("HTTP/1.1 200"));
}

TEST_CASE("a token that is taken away ends its stream") {
    const Folder folder;
    web::Options options;
    options.stream_poll = Duration(100);
    options.tokens = {{"reader", web::Role::read, folder.write("token", "secret")}};
    const Running running(options);
    const auto client = running.client();
    client.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\n\r\n");
    CHECK_FALSE(client.until("retry: ").empty());
    folder.write("token", "other");
    (void)client.until("never");
    CHECK(client.is_closed());
}

#include "notify/heartbeat.hpp"

#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "notify/message.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/http_server.hpp"
#include "tests/fakes/settable_clock.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using namespace std::chrono_literals;
using fakes::HttpAnswer;
using fakes::HttpServer;
using nlohmann::json;

namespace {

const Time noon = parse_rfc3339("2026-01-01T12:00:00Z").value();

Pulse a_pulse() {
    return {.version = "1.2.3", .read_error = "", .head_hash = std::string(64, 'a'), .head_seq = 42,
            .open_by_severity = {{"critical", 1}, {"high", 2}}, .blind_signals = {"retries", "<!channel>"},
            .storage_error = ""};
}

Target a_target(TargetKind kind, const std::string& url) {
    Target target;
    target.name = "secops";
    target.kind = kind;
    target.endpoint.url = url;
    target.endpoint.timeout = 5s;
    return target;
}

std::string secret_file(const std::string& content) {
    const auto name = "heartbeat_test_secret_" + std::to_string(getpid());
    const auto file = (std::filesystem::temp_directory_path() / name).string();
    std::ofstream(file) << content;
    return file;
}

struct Beating {
    fakes::SettableClock clock;
    prometheus::Registry registry;
    Options options;
    Target target;
    Heartbeat heartbeat;
    std::jthread thread;

    Beating(const std::string& url, Duration interval)
        : target(a_target(TargetKind::webhook, url)),
          heartbeat({quick(options), target, clock, registry}, interval, [] { return a_pulse(); }),
          thread([this](std::stop_token stop) { heartbeat.run(stop); }) {}

    static Options& quick(Options& options) {
        options.retry_first = 20ms;
        options.retry_longest = 50ms;
        return options;
    }
    double count(const std::string& result) {
        const auto text = prometheus::TextSerializer().Serialize(registry.Collect());
        const auto line = "meshwarden_heartbeats_total{result=\"" + result + "\",target=\"secops\"} ";
        return std::stod(text.substr(text.find(line) + line.size()));
    }
    bool wait_for_count(const std::string& result, double least) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (count(result) < least && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
        return count(result) >= least;
    }
};

}  // namespace

TEST_CASE("heartbeat: says who speaks, how things stand, and the head of the chain") {
    auto pulse = a_pulse();
    CHECK(pulse_text(pulse, {}) == "meshwarden is alive (Meshwarden 1.2.3): 3 incidents open, 2 signals blind: retries,"
                                   " <!channel>; event 42, head " + std::string(64, 'a'));
    pulse.storage_error = "disk full";
    CHECK(pulse_text(pulse, {}).ends_with("; what is found is NOT SAVED: disk full"));
    const auto slack = json::parse(slack_pulse(pulse, {}));
    CHECK(slack["text"].get<std::string>().find("&lt;!channel&gt;") != std::string::npos);
}

TEST_CASE("heartbeat: a log without events yet is not a store that cannot be read") {
    Pulse fresh;
    fresh.version = "1.2.3";
    auto unread = fresh;
    unread.read_error = "no such file";
    CHECK(pulse_text(fresh, {}) == "meshwarden is alive (Meshwarden 1.2.3): 0 incidents open; no event yet");
    CHECK(pulse_text(unread, {}) == "meshwarden is alive (Meshwarden 1.2.3): the store cannot be read: no such file");
    const auto target = a_target(TargetKind::webhook, "http://x/hook");
    const auto details = [&](const Pulse& pulse) {
        return json::parse(compose_pulse(target, {}, pulse, noon, 5min)->request.body)["meshwarden"];
    };
    CHECK(details(fresh)["read_error"].is_null());
    CHECK(details(unread)["read_error"] == "no such file");
}

TEST_CASE("heartbeat: as a webhook it is one alert of Alertmanager's form, with a key of its own") {
    Options options;
    const auto message = compose_pulse(a_target(TargetKind::webhook, "http://x/hook"), options, a_pulse(), noon, 5min);
    REQUIRE(message);
    const auto body = json::parse(message->request.body);
    CHECK(body["version"] == "4");
    CHECK(body["notification_reason"] == "heartbeat");
    CHECK(body["alerts"][0]["labels"]["alertname"] == "MeshwardenHeartbeat");
    CHECK(body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z");
    CHECK(body["meshwarden"]["head_hash"] == std::string(64, 'a'));
    CHECK(body["meshwarden"]["head_seq"] == 42);
    CHECK(body["meshwarden"]["incidents_open"]["high"] == 2);
    CHECK(body["meshwarden"]["storage_error"].is_null());
    CHECK(message->request.headers.at(0).second == webhook_pulse_key(options, noon));
    CHECK(webhook_pulse_key(options, noon) != webhook_pulse_key(options, noon + 1ms));
}

TEST_CASE("heartbeat: PagerDuty gets a change event, which never pages") {
    auto target = a_target(TargetKind::pagerduty, "https://events.example/v2/enqueue");
    target.routing_key_file = secret_file(std::string(32, 'k'));
    const auto message = compose_pulse(target, {}, a_pulse(), noon, 5min);
    REQUIRE(message);
    CHECK(message->endpoint.url == "https://events.example/v2/change/enqueue");
    const auto body = json::parse(message->request.body);
    CHECK(body["routing_key"] == std::string(32, 'k'));
    CHECK_FALSE(body.contains("event_action"));
    CHECK(body["payload"]["source"] == "meshwarden");
    CHECK(body["payload"]["custom_details"]["head_seq"] == 42);
}

TEST_CASE("heartbeat: Alertmanager gets an alert that ends unless the next comes") {
    const auto target = a_target(TargetKind::alertmanager, "http://x/prefix/");
    const auto message = compose_pulse(target, {}, a_pulse(), noon, 5min);
    REQUIRE(message);
    CHECK(message->endpoint.url == "http://x/prefix");
    CHECK(message->request.path == "/api/v2/alerts");
    const auto body = json::parse(message->request.body);
    CHECK(body[0]["labels"] ==
          json{{"alertname", "MeshwardenHeartbeat"}, {"instance", "meshwarden"}, {"severity", "none"}});
    CHECK(body[0]["endsAt"] == "2026-01-01T12:15:00.000Z");
}

TEST_CASE("heartbeat: comes at every interval and is counted") {
    HttpServer server([](const auto&) { return HttpAnswer{}; });
    const auto before = std::chrono::steady_clock::now();
    Beating beating(server.url("/hook"), 50ms);
    REQUIRE(server.wait_for(4));
    CHECK(beating.wait_for_count("delivered", 3));
    CHECK(beating.count("missed") == 0);
    const auto requests = server.requests();
    CHECK(requests[3].received - before >= 140ms);  // times are whole milliseconds
    CHECK(requests[0].headers.at("idempotency-key") != requests[1].headers.at("idempotency-key"));
}

TEST_CASE("heartbeat: one that fails is tried again in its interval, and is not missed") {
    std::atomic<int> failures = 2;
    HttpServer server([&](const auto&) { return HttpAnswer{failures-- > 0 ? 503 : 200, "ok", {}}; });
    Beating beating(server.url("/hook"), 10s);
    CHECK(beating.wait_for_count("delivered", 1));
    CHECK(server.requests().size() == 3);
    CHECK(beating.count("missed") == 0);
}

TEST_CASE("heartbeat: one that does not arrive before the next is due is missed") {
    std::atomic<int> status = 503;
    HttpServer server([&](const auto&) { return HttpAnswer{status, "no", {}}; });
    Beating beating(server.url("/hook"), 150ms);
    REQUIRE(beating.wait_for_count("missed", 2));
    CHECK(beating.count("delivered") == 0);
    status = 200;
    CHECK(beating.wait_for_count("delivered", 1));
    status = 400;  // a final answer: nothing is tried again before the next
    CHECK(beating.wait_for_count("missed", 3));
    beating.thread.request_stop();
    beating.thread.join();
}

TEST_CASE("heartbeat: a clock that is set back while it beats delays none") {
    std::atomic<fakes::SettableClock*> clock = nullptr;
    std::atomic<bool> stepped = false;
    HttpServer server([&](const auto&) {
        if (auto* set = clock.load(); set && !stepped.exchange(true)) set->step(-1h);
        return HttpAnswer{};
    });
    Beating beating(server.url(), 20ms);
    clock = &beating.clock;
    CHECK(beating.wait_for_count("delivered", 10));
    CHECK(stepped);
}

#include "notify/courier.hpp"

#include <prometheus/text_serializer.h>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/fakes/http_server.hpp"
#include "tests/fakes/settable_clock.hpp"
#include "tests/notify/memory_outbox.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using namespace std::chrono_literals;
using fakes::HttpAnswer;
using fakes::HttpServer;
using nlohmann::json;

namespace {

using SteadyClock = std::chrono::steady_clock;

HttpAnswer hanging() {
    HttpAnswer answer;
    answer.hang = true;
    return answer;
}

HttpServer::Answer always(int status, std::string retry_after = "") {
    return [=](const auto&) {
        HttpAnswer answer{status, "ok", {}};
        if (!retry_after.empty()) answer.headers = {{"Retry-After", retry_after}};
        return answer;
    };
}

// Fails the first `failures` requests with `status`.
HttpServer::Answer after_failures(int failures, int status, std::string retry_after = "") {
    auto left = std::make_shared<std::atomic<int>>(failures);
    return [=](const fakes::HttpRequest& request) {
        return (*left)-- > 0 ? always(status, retry_after)(request) : always(200)(request);
    };
}

struct Bench {
    fakes::SettableClock clock;
    prometheus::Registry registry;
    std::shared_ptr<Outbox> outbox = std::make_shared<Outbox>();
    Options options;
    std::unique_ptr<Courier> courier;

    Bench() {
        options.retry_first = 20ms;
        options.retry_longest = 200ms;
    }
    ~Bench() { courier.reset(); }

    Target& add_target(const std::string& name, const std::string& url, TargetKind kind = TargetKind::webhook) {
        Target target;
        target.name = name;
        target.kind = kind;
        target.endpoint.url = url;
        target.endpoint.timeout = 5s;
        target.messages_per_second = 1000;
        options.targets.push_back(target);
        return options.targets.back();
    }
    std::int64_t add(const std::string& target, const std::string& incident = "one") {
        Notice notice = a_notice();
        notice.target = target;
        notice.incident.id = incident;
        notice.created_at = clock.now();
        notice.idempotency_key += incident;
        return outbox->add(notice);
    }
    void start() {
        courier = std::make_unique<Courier>(options, [this] { return open_memory_store(outbox); }, clock, registry);
    }
    void restart() {
        courier.reset();
        start();
    }
    double metric(const std::string& line_start) {
        const auto text = prometheus::TextSerializer().Serialize(registry.Collect());
        const auto at = text.find("\n" + line_start + " ");
        return at == text.npos ? -1 : std::stod(text.substr(at + line_start.size() + 2));
    }
    bool wait_for_metric(const std::string& line_start, double value) {
        return outbox->wait_until([&](const auto&) { return metric(line_start) == value; });
    }
};

auto gap(const HttpServer& server, std::size_t first, std::size_t second) {
    const auto requests = server.requests();
    return requests.at(second).received - requests.at(first).received;
}

}  // namespace

TEST_CASE("courier: a woken thread sends at once") {
    Bench bench;
    HttpServer server(always(200));
    bench.add_target("hook", server.url());
    bench.start();
    bench.add("hook", "warm");
    bench.courier->wake();
    REQUIRE(server.wait_for(1));
    std::vector<SteadyClock::duration> waits;
    for (int i = 0; i < 9; ++i) {
        const auto id = bench.add("hook", std::to_string(i));
        const auto before = SteadyClock::now();
        bench.courier->wake();
        REQUIRE(server.wait_for(static_cast<std::size_t>(i) + 2));
        waits.push_back(server.requests().back().received - before);
        REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    }
    std::ranges::sort(waits);
    CHECK(waits[4] < 500ms);  // else it looks every second
}

TEST_CASE("courier: what another process puts into the outbox is sent without a wake") {
    Bench bench;
    HttpServer server(always(200));
    bench.add_target("hook", server.url());
    bench.start();
    const auto id = bench.add("hook");
    CHECK(bench.outbox->wait_for_state(id, DeliveryState::delivered));
}

TEST_CASE("courier: server errors are tried again with growing waits, with the same key and bytes") {
    Bench bench;
    bench.options.retry_first = 100ms;
    bench.options.retry_longest = 10s;
    HttpServer server(after_failures(3, 500));
    bench.add_target("hook", server.url());
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    const auto requests = server.requests();
    REQUIRE(requests.size() == 4);
    CHECK(bench.outbox->row(id).attempts == 4);
    for (const auto& request : requests) {
        CHECK(request.body == requests[0].body);
        CHECK(request.headers.at("idempotency-key") == requests[0].headers.at("idempotency-key"));
    }
    CHECK(gap(server, 0, 1) >= 75ms);
    CHECK(gap(server, 1, 2) >= 150ms);
    CHECK(gap(server, 2, 3) >= 300ms);
    CHECK(bench.metric(R"(meshwarden_notifications_total{reason="opened",result="retry",target="hook"})") == 3);
    CHECK(bench.metric(R"(meshwarden_notifications_total{reason="opened",result="delivered",target="hook"})") == 1);
}

TEST_CASE("courier: Retry-After is obeyed, for every notice of that target") {
    Bench bench;
    HttpServer server(after_failures(1, 429, "1"));
    bench.add_target("hook", server.url());
    const auto first = bench.add("hook", "one"), second = bench.add("hook", "two");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(first, DeliveryState::delivered));
    REQUIRE(bench.outbox->wait_for_state(second, DeliveryState::delivered));
    CHECK(server.requests().size() == 3);
    CHECK(gap(server, 0, 1) >= 995ms);  // times are whole milliseconds
    CHECK(gap(server, 0, 1) < 5s);
}

TEST_CASE("courier: a final answer makes a dead letter, others go on") {
    Bench bench;
    HttpServer server([](const auto& request) {
        const bool bad = request.headers.at("idempotency-key").ends_with("bad");
        return bad ? HttpAnswer{400, "no such thing", {}} : HttpAnswer{};
    });
    bench.add_target("hook", server.url());
    const auto bad = bench.add("hook", "bad"), good = bench.add("hook", "good");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(bad, DeliveryState::dead));
    REQUIRE(bench.outbox->wait_for_state(good, DeliveryState::delivered));
    CHECK(bench.outbox->row(bad).answer == "400 no such thing");
    CHECK(bench.outbox->row(bad).attempts == 1);
    CHECK(bench.wait_for_metric(R"(meshwarden_dead_letters{target="hook"})", 1));
    CHECK(bench.wait_for_metric(R"(meshwarden_outbox_pending{target="hook"})", 0));
}

TEST_CASE("courier: a notice is given up when it is too old, not before it was tried") {
    Bench bench;
    bench.options.give_up_after = 300ms;
    bench.add_target("hook", "http://127.0.0.1:" + std::to_string(fakes::free_port()));
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::dead));
    CHECK(bench.outbox->row(id).attempts >= 2);
    CHECK(bench.outbox->row(id).answer.find("connect") != std::string::npos);
}

TEST_CASE("courier: a target that comes up later gets what waited") {
    Bench bench;
    const auto port = fakes::free_port();
    bench.add_target("hook", "http://127.0.0.1:" + std::to_string(port));
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_until([&](const Outbox& outbox) { return outbox.row(id).attempts >= 2; }));
    CHECK(bench.wait_for_metric(R"(meshwarden_outbox_pending{target="hook"})", 1));
    HttpServer server(always(200), port);
    CHECK(bench.outbox->wait_for_state(id, DeliveryState::delivered));
}

TEST_CASE("courier: what waited for a target that is gone is no longer shown") {
    Bench bench;
    bench.add_target("hook", "http://127.0.0.1:" + std::to_string(fakes::free_port()));
    bench.add("hook");
    bench.start();
    REQUIRE(bench.wait_for_metric(R"(meshwarden_outbox_pending{target="hook"})", 1));
    bench.courier.reset();
    bench.options.targets.front().name = "renamed";
    bench.start();
    CHECK(bench.metric(R"(meshwarden_outbox_pending{target="renamed"})") == 0);
    CHECK(bench.metric(R"(meshwarden_outbox_pending{target="hook"})") == -1);
    CHECK(bench.metric(R"(meshwarden_dead_letters{target="hook"})") == -1);
}

TEST_CASE("courier: a restart forgets the waits") {
    Bench bench;
    bench.options.retry_first = 1h;
    bench.options.retry_longest = 1h;
    HttpServer server(after_failures(1, 500));
    bench.add_target("hook", server.url());
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_until([&](const Outbox& outbox) { return outbox.row(id).attempts == 1; }));
    bench.restart();
    CHECK(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    CHECK(bench.outbox->released == 2);
}

TEST_CASE("courier: a clock that is set back delays nothing that waits") {
    Bench bench;
    bench.options.retry_first = 1h;
    bench.options.retry_longest = 1h;
    HttpServer server(after_failures(1, 503, "600"));
    bench.add_target("hook", server.url());
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_until([&](const Outbox& outbox) { return outbox.row(id).attempts == 1; }));
    bench.clock.step(-24h);
    CHECK(bench.outbox->wait_for_state(id, DeliveryState::delivered));
}

TEST_CASE("courier: within one incident the order holds") {
    Bench bench;
    std::atomic<int> count = 0;
    HttpServer server([&](const auto&) { return HttpAnswer{count++ % 3 == 2 ? 200 : 500, "ok", {}}; });
    bench.add_target("hook", server.url());
    std::vector<std::int64_t> ids;
    for (const auto reason : {NoticeReason::opened, NoticeReason::escalated, NoticeReason::resolved}) {
        Notice notice = a_notice(reason);
        notice.target = "hook";
        notice.created_at = bench.clock.now();
        ids.push_back(bench.outbox->add(notice));
    }
    bench.start();
    for (const auto id : ids) REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    std::vector<std::string> reasons;
    for (const auto& request : server.requests()) reasons.push_back(json::parse(request.body)["notification_reason"]);
    CHECK(reasons == std::vector<std::string>{"opened", "opened", "opened", "escalated", "escalated", "escalated",
                                              "resolved", "resolved", "resolved"});
}

TEST_CASE("courier: a target that hangs delays no other, and the stop does not wait for it") {
    Bench bench;
    HttpServer slow([](const auto&) { return hanging(); });
    HttpServer quick(always(200));
    bench.add_target("slow", slow.url()).endpoint.timeout = 1min;
    bench.add_target("quick", quick.url());
    const auto stuck = bench.add("slow");
    bench.start();
    REQUIRE(slow.wait_for(1));
    const auto id = bench.add("quick");
    bench.courier->wake();
    REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));

    const auto stopping = SteadyClock::now();
    bench.courier.reset();
    CHECK(SteadyClock::now() - stopping < 10s);
    CHECK(bench.outbox->row(stuck).state == DeliveryState::pending);
}

TEST_CASE("courier: a hang is a failed try, not a loss") {
    Bench bench;
    std::atomic<int> count = 0;
    HttpServer server([&](const auto&) { return count++ == 0 ? hanging() : HttpAnswer{}; });
    bench.add_target("hook", server.url()).endpoint.timeout = 200ms;
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    CHECK(bench.outbox->row(id).attempts == 2);
}

TEST_CASE("courier: a stop while it waits is quick, with nothing to do and with a paused target") {
    for (const int status : {200, 429}) {
        Bench bench;
        HttpServer server(always(status, "3600"));
        bench.add_target("hook", server.url());
        const auto id = bench.add("hook");
        bench.start();
        REQUIRE(bench.outbox->wait_until([&](const Outbox& outbox) { return outbox.row(id).attempts == 1; }));
        const auto stopping = SteadyClock::now();
        bench.courier.reset();
        CHECK(SteadyClock::now() - stopping < 900ms);  // it looks every second
    }
}

TEST_CASE("courier: the rate limit holds after a burst of ten") {
    Bench bench;
    HttpServer server(always(200));
    bench.add_target("hook", server.url()).messages_per_second = 10;
    std::int64_t last = 0;
    for (int i = 0; i < 15; ++i) last = bench.add("hook", std::to_string(i));
    const auto before = SteadyClock::now();
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(last, DeliveryState::delivered));
    REQUIRE(server.requests().size() == 15);
    CHECK(server.requests()[10].received - before >= 90ms);
    CHECK(server.requests()[14].received - before >= 490ms);
}

TEST_CASE("courier: a store that fails loses nothing and doubles nothing that was written down") {
    Bench bench;
    HttpServer server([&](const auto&) {
        bench.outbox->failing = 3;  // the answer cannot be written down at first
        return HttpAnswer{};
    });
    bench.outbox->failing = 4;
    bench.add_target("hook", server.url());
    const auto id = bench.add("hook");
    bench.start();
    REQUIRE(bench.outbox->wait_for_state(id, DeliveryState::delivered));
    CHECK(server.requests().size() == 1);
    CHECK(bench.outbox->row(id).attempts == 1);
    CHECK(bench.outbox->released == 1);
}

TEST_CASE("courier: Alertmanager's alerts are kept alive from the start") {
    Bench bench;
    HttpServer server(always(200));
    bench.add_target("am", server.url(), TargetKind::alertmanager);
    bench.outbox->told = {a_notice().incident, a_notice(NoticeReason::resolved).incident};
    bench.start();
    REQUIRE(server.wait_for(1));
    const auto alerts = json::parse(server.requests()[0].body);
    REQUIRE(alerts.size() == 2);
    const auto ends = parse_rfc3339(alerts[0]["endsAt"].get<std::string>()).value() - bench.clock.now();
    CHECK(ends > 4min);
    CHECK(ends <= 5min);
    CHECK(alerts[1]["endsAt"] == "2026-01-01T00:12:00.500Z");
}

TEST_CASE("courier: without targets it starts, wakes and stops") {
    Bench bench;
    bench.start();
    bench.courier->wake();
    CHECK(bench.metric("meshwarden_outbox_oldest_seconds") == 0);
}

// The courier on the real store: from a committed tick to the target, over restarts and from other connections.
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "incidents/store.hpp"
#include "notify/courier.hpp"
#include "tests/catch.hpp"
#include "tests/fakes/http_server.hpp"

using namespace meshwarden;
using namespace meshwarden::notify;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

struct Service {
    std::string folder = (std::filesystem::temp_directory_path() / "notify_test_XXXXXX").string();
    std::string url;
    io::SystemClock clock;
    std::vector<Finding> firing;
    prometheus::Registry registry;
    incidents::Options settle;
    Options options;
    std::unique_ptr<incidents::Store> store;
    std::unique_ptr<Courier> courier;

    explicit Service(const std::string& target) {
        url = "sqlite:" + std::string(mkdtemp(folder.data())) + "/test.db";
        store = incidents::open_store(url).value();
        settle.routes = {Route{{}, {}, {"hook"}, false}};
        Target hook;
        hook.name = "hook";
        hook.endpoint.url = target;
        hook.messages_per_second = 1000;
        options.targets = {hook};
        options.retry_first = 20ms;
        options.retry_longest = 100ms;
    }
    ~Service() {
        courier.reset();
        store.reset();
        std::filesystem::remove_all(folder);
    }
    void start() {
        courier.reset();
        courier = std::make_unique<Courier>(options, [this] { return incidents::open_store(url); }, clock, registry);
    }
    // A further place fires beside those before; how many notices that made.
    int fire(const std::string& service) {
        Finding finding;
        finding.rule = "authz-denials";
        finding.subject = finding.labels = {{"destination_service", service}};
        finding.value = 40;
        finding.started_at = finding.crossed_at = clock.now();
        firing.push_back(finding);
        return commit();
    }
    int end_all() {
        for (auto& finding : firing) finding.ended_at = finding.calm_since = clock.now();
        return commit();
    }
    int commit() {
        incidents::Tick tick;
        tick.now = tick.at = clock.now();
        tick.prometheus = "main";
        tick.findings = firing;
        RuleVerdict verdict;
        verdict.rule = "authz-denials";
        verdict.judged = true;
        tick.rules = {verdict};
        const auto outcome = store->commit(tick, settle);
        REQUIRE(outcome);
        if (courier) courier->wake();
        return outcome->notices;
    }
    bool wait_until_delivered(std::size_t count) {
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (std::chrono::steady_clock::now() < deadline) {
            const auto done = store->deliveries({.states = {DeliveryState::delivered}});
            if (done && done->size() == count) return true;
            std::this_thread::sleep_for(2ms);
        }
        return false;
    }
};

}  // namespace

TEST_CASE("courier and store: opened and resolved, each once and in order, over failures and restarts") {
    std::atomic<int> count = 0;
    fakes::HttpServer server([&](const auto&) {
        fakes::HttpAnswer answer;
        const int n = count++;
        if (n % 3 == 0) answer.status = 500;
        if (n % 3 == 1) answer.cut = true;
        return answer;
    });
    Service service(server.url());
    for (const auto* place : {"ledger", "cart", "search"}) CHECK(service.fire(place) == 1);
    service.start();
    REQUIRE(server.wait_for(2));
    service.start();
    CHECK(service.end_all() == 3);
    service.start();
    REQUIRE(service.wait_until_delivered(6));

    std::map<std::string, std::string> last, bodies;
    for (const auto& request : server.requests()) {
        const auto sent = json::parse(request.body);
        const auto key = request.headers.at("idempotency-key");
        auto& before = last[sent["alerts"][0]["fingerprint"]];
        CHECK((before != "resolved" || sent["status"] == "resolved"));
        before = sent["status"];
        CHECK(bodies.emplace(key, request.body).first->second == request.body);
    }
    CHECK(last.size() == 3);
    CHECK(bodies.size() == 6);
}

TEST_CASE("courier and store: a notice is with the target soon after the commit") {
    fakes::HttpServer server([](const auto&) { return fakes::HttpAnswer{}; });
    Service service(server.url());
    service.start();
    service.fire("warm");
    REQUIRE(service.wait_until_delivered(1));
    std::vector<std::chrono::steady_clock::duration> waits;
    for (std::size_t i = 0; i < 9; ++i) {
        service.fire(std::to_string(i));
        const auto committed = std::chrono::steady_clock::now();
        REQUIRE(server.wait_for(i + 2));
        waits.push_back(server.requests().back().received - committed);
        REQUIRE(service.wait_until_delivered(i + 2));
    }
    std::ranges::sort(waits);
    CHECK(waits[4] < 500ms);  // else it looks every second
}

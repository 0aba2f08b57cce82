// A Collector on a real Prometheus: births, resets, restarts and outages, credentials.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "tests/collector/watched.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;

namespace {

constexpr const char* build = "istio_build{component=\"proxy\"} 1\n";

// A page whose text may change while it is scraped.
class Page {
public:
    explicit Page(std::string text) : text_(std::move(text)) {}
    void set(const std::string& text) {
        const std::lock_guard lock(mutex_);
        text_ = text;
    }
    void fail(bool failing) { failing_ = failing; }
    fakes::PageAnswer operator()() const {
        if (failing_) return {500, "", {}};
        const std::lock_guard lock(mutex_);
        return {200, text_, {{"Content-Type", "text/plain; version=0.0.4"}}};
    }

private:
    mutable std::mutex mutex_;
    std::string text_;
    std::atomic<bool> failing_ = false;
};

std::string denied(int count, int uptime) {
    std::string text = build;
    text += "envoy_server_uptime " + std::to_string(uptime) + "\n";
    if (count >= 0) text += "envoy_http_rbac{authz_enforce_result=\"denied\"} " + std::to_string(count) + "\n";
    return text;
}

SignalSpec rbac() {
    SignalSpec spec = counter_spec("rbac", "envoy_http_rbac{authz_enforce_result=\"denied\"}");
    spec.parts[0].expected = "count by (cluster, job, instance) (istio_build)";
    return spec;
}

Options options_of(const fakes::PrometheusProcess& prometheus) {
    Options options;
    options.endpoint.url = prometheus.url();
    return options;
}

}  // namespace

TEST_CASE("births, resets and an outage at a real Prometheus") {
    require_prometheus();
    Page page(denied(-1, 10000));
    Page other(denied(3, 10000));
    const fakes::PageServer server([&](const fakes::PageRequest& request) {
        return request.path == "/other" ? other() : page();
    });
    fakes::PrometheusProcess prometheus(
        {{"pods",
          {{server.address(), {{"__metrics_path__", "/page"}, {"instance", "page"}}},
           {server.address(), {{"__metrics_path__", "/other"}, {"instance", "other"}}}}}});
    Watcher watcher(options_of(prometheus), {rbac()});
    const auto seen = [&](int covered, int expected) {
        return [&watcher, covered, expected] {
            watcher.poll();
            return watcher.coverage().covered == covered && watcher.coverage().expected == expected;
        };
    };
    const auto counts = [&](double events) {
        return [&watcher, events] {
            watcher.poll();
            return watcher.counted("rbac") == events;
        };
    };
    // What was there before anybody looked is a baseline; one of two targets shows the family.
    REQUIRE(eventually(seen(1, 2)));
    CHECK(watcher.counted("rbac") == 0);
    CHECK(watcher.last().scrape_interval == std::chrono::seconds(1));
    CHECK(watcher.coverage().sight == Sight::zero);
    CHECK(watcher.coverage().cause.code == "not_exposed");

    page.set(denied(12, 10005));  // born at 12 on a target that was being scraped
    REQUIRE(eventually(counts(12)));
    CHECK(eventually(seen(2, 2)));
    CHECK(watcher.coverage().sight == Sight::observed);

    page.set(denied(4, 1));  // the value fell
    REQUIRE(eventually(counts(16)));
    page.set(denied(7, 100));
    REQUIRE(eventually(counts(19)));
    page.set(denied(9, 2));  // restarted and ended above the old value
    REQUIRE(eventually(counts(28)));

    // A scrape outage: coverage falls at once, the events inside are counted after it.
    page.fail(true);
    REQUIRE(eventually(seen(1, 2)));
    CHECK(watcher.last().failing_targets.size() == 1);
    CHECK(watcher.last().failing_targets[0].get("instance") == "page");
    page.set(denied(15, 20));
    page.fail(false);
    REQUIRE(eventually(counts(34)));
    CHECK(eventually(seen(2, 2)));

    // Prometheus away, while one proxy goes on and the other is replaced.
    prometheus.stop();
    const Snapshot away = watcher.poll();
    CHECK_FALSE(away.reachable);
    CHECK(away.readings.at(0).coverage.cause.code == "unreachable");
    page.set(denied(20, 25));
    other.set(denied(2, 1));
    prometheus.start();
    REQUIRE(eventually(counts(41)));

    // A new service on the same history counts the same after its cursor, nothing before it.
    const Time cursor = *watcher.cursor();
    page.set(denied(30, 40));
    REQUIRE(eventually(counts(51)));
    Watcher again(options_of(prometheus), {rbac()});
    again.resume(cursor);
    again.poll();
    CHECK(again.counted("rbac") == 10);
    CHECK(again.last().since == cursor);
}

TEST_CASE("a gauge's levels, and a series that goes while its target is well") {
    require_prometheus();
    Page page("pilot_xds{version=\"a\"} 10\npilot_xds{version=\"b\"} 4\n");
    const fakes::PageServer server([&](const fakes::PageRequest&) { return page(); });
    const fakes::PrometheusProcess prometheus({{"istiod", {{server.address(), {}}}}});
    SignalSpec spec = counter_spec("proxies", "pilot_xds");
    spec.kind = SignalKind::drop;
    Watcher watcher(options_of(prometheus), {spec});
    const auto level = [&](double value) {
        return [&watcher, value] {
            watcher.poll();
            return watcher.coverage().value == value;
        };
    };
    REQUIRE(eventually(level(14)));
    page.fail(true);
    REQUIRE(eventually([&] { return !watcher.poll().failing_targets.empty(); }));
    REQUIRE(watcher.last().readings[0].updates.size() == 2);
    for (const auto& update : watcher.last().readings[0].updates) {
        CHECK(update.points.empty());
        CHECK(update.held == watcher.last().at);
    }
    page.set("pilot_xds{version=\"a\"} 9\n");
    page.fail(false);
    bool gone = false;
    REQUIRE(eventually([&] {
        for (const auto& update : watcher.poll().readings[0].updates)
            gone = gone || (update.gone && update.series->metric.get("version") == "b");
        return gone;
    }));
    CHECK(eventually(level(9)));
}

TEST_CASE("a real Prometheus behind a password") {
    require_prometheus();
    // bcrypt of "secret"
    const std::string users =
        "basic_auth_users: {meshwarden: $2b$04$yErzsdFYs9dMBEzlVPmpMOJutCN3iTOWFSweqqnJtCmp7BsYwgNXe}\n";
    const fakes::PageServer server([](const fakes::PageRequest&) { return fakes::PageAnswer{200, build}; });
    const fakes::PrometheusProcess prometheus({{"pods", {{server.address(), {}}}}}, "1s", users);
    const std::string file = prometheus.directory() + "/password";
    std::ofstream(file) << "secret\n";
    Options options = options_of(prometheus);
    options.endpoint.username = "meshwarden";
    SECTION("right") {
        options.endpoint.password_file = file;
        Watcher watcher(options, {rbac()});
        CHECK(eventually([&] { return watcher.poll().reachable; }));
    }
    SECTION("wrong") {
        Watcher watcher(options, {rbac()});
        REQUIRE(eventually([&] { return watcher.poll().unreachable_cause.find("401") != std::string::npos; }));
        CHECK_FALSE(watcher.last().reachable);
    }
}

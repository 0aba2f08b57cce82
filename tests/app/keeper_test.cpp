// The loop's ticks while the store fails, and after.
#include "app/keeper.hpp"

#include <spdlog/spdlog.h>

#include <filesystem>

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::app;
using namespace std::chrono_literals;

namespace {

const Time start = parse_rfc3339("2026-01-01T00:00:00Z").value();

struct HandClock final : io::Clock {
    Time at = start;
    Time now() const override { return at; }
    void sleep_until(Time, std::stop_token) const override {}
};

struct Service {
    std::string folder = (std::filesystem::temp_directory_path() / "keeper_test_XXXXXX").string();
    std::string file = std::string(mkdtemp(folder.data())) + "/test.db";
    std::string away = file + ".away";
    HandClock clock;
    prometheus::Registry registry;
    LoopMetrics metrics{registry};
    incidents::Options options;
    int told = 0;
    std::unique_ptr<incidents::Store> reader;
    Keeper keeper{"main", [this] { return incidents::open_store("sqlite:" + file, incidents::Opening::existing); },
                  {clock, metrics, options, [this] { ++told; }}};

    Service() {
        spdlog::set_level(spdlog::level::off);
        options.routes = {Route{{}, {}, {"secops"}, false}};
        reader = incidents::open_store("sqlite:" + file).value();
    }
    ~Service() { std::filesystem::remove_all(folder); }

    void break_store() { std::filesystem::rename(file, away); }
    void mend_store() { std::filesystem::rename(away, file); }

    bool keep(std::vector<Finding> findings, Duration after = 5s) {
        clock.at += after;
        incidents::Tick tick;
        tick.now = tick.at = clock.at;
        tick.prometheus = "main";
        tick.findings = std::move(findings);
        tick.rules = {{.rule = "authz-denials", .health = RuleHealth::ok, .judged = true, .cause = {}, .threshold = 10,
                       .window = 60s}};
        return keeper.keep(std::move(tick), {});
    }
    std::vector<Incident> incidents(std::string rule = "authz-denials") {
        incidents::IncidentFilter filter;
        filter.rule = std::move(rule);
        filter.limit = 500;
        return reader->incidents(filter).value().incidents;
    }
    std::optional<Time> saved_cursor() { return reader->cursor("main").value(); }
};

Finding finding(const std::string& service, Time crossed_at, std::optional<Time> ended_at = {}) {
    Finding finding;
    finding.rule = "authz-denials";
    finding.subject = finding.labels = {{"destination_service", service}};
    finding.value = 12;
    finding.started_at = finding.crossed_at = crossed_at;
    finding.calm_since = finding.ended_at = ended_at;
    return finding;
}

}  // namespace

TEST_CASE("keeper: what ended while the store failed is saved when it is back, and told only then") {
    Service service;
    REQUIRE(service.keeper.recall({"main/topology"}));
    REQUIRE(service.keep({}));
    const auto before = service.keeper.cursor();
    service.break_store();
    CHECK_FALSE(service.keep({finding("a", start + 8s, start + 9s)}));
    CHECK_FALSE(service.keep({finding("b", start + 12s)}));
    REQUIRE(service.keeper.trouble());
    CHECK(service.keeper.trouble()->since == start + 10s);
    CHECK(service.keeper.cursor() == before);
    CHECK(service.told == 0);
    CHECK(service.incidents().empty());
    service.mend_store();
    CHECK(service.keep({finding("b", start + 12s)}));
    CHECK_FALSE(service.keeper.trouble());
    CHECK(service.incidents().size() == 2);
    CHECK(service.incidents(std::string(Keeper::rule)).empty());  // too short to tell of
    CHECK(service.told == 1);
    CHECK(service.keeper.cursor() == start + 20s);
    CHECK(service.saved_cursor() == start + 20s);
    CHECK(service.keep({finding("b", start + 12s)}));
    CHECK(service.incidents().size() == 2);
}

TEST_CASE("keeper: a long failure is an incident afterwards, with the error in its evidence") {
    Service service;
    REQUIRE(service.keeper.recall({"main/topology"}));
    service.break_store();
    for (int i = 0; i < 10; ++i) CHECK_FALSE(service.keep({}));
    service.mend_store();
    REQUIRE(service.keep({}));
    const auto found = service.incidents(std::string(Keeper::rule));
    REQUIRE(found.size() == 1);
    CHECK(found[0].state == IncidentState::resolved);
    CHECK(found[0].value == 50);
    CHECK(found[0].summary.find("50s") != std::string::npos);
    const auto detail = service.reader->incident(found[0].id).value();
    REQUIRE(detail);
    CHECK(detail->evidence.notes.at(0).find("removed or replaced") != std::string::npos);
    CHECK(detail->deliveries.size() == 2);
    CHECK(service.keep({}));
    CHECK(service.incidents(std::string(Keeper::rule)).size() == 1);
}

TEST_CASE("keeper: more than can be held is let go, the cursor stays, and all is read again") {
    Service service;
    REQUIRE(service.keeper.recall({"main/topology"}));
    REQUIRE(service.keep({}));
    const auto before = service.keeper.cursor();
    service.break_store();
    for (int i = 0; i < 3; ++i) {
        std::vector<Finding> many;
        for (int j = 0; j < 400; ++j)
            many.push_back(finding("service-" + std::to_string(i * 400 + j), service.clock.at, service.clock.at + 1s));
        CHECK_FALSE(service.keep(std::move(many)));
    }
    service.mend_store();
    CHECK(service.keep({finding("still firing", start + 12s)}));
    CHECK(service.incidents().size() == 1);
    CHECK(service.saved_cursor() == before);
    CHECK_FALSE(service.keeper.remembers());  // the loop begins anew from the cursor
    REQUIRE(service.keeper.recall({"main/topology"}));
    CHECK(service.keeper.cursor() == before);
    CHECK(service.keep({}));
    CHECK(service.saved_cursor() == service.clock.at);
}

TEST_CASE("keeper: nothing is saved before it is known what was saved last") {
    Service service;
    service.break_store();
    CHECK_FALSE(service.keeper.recall({"main/topology"}));
    CHECK(service.keeper.trouble());
    CHECK_FALSE(service.keep({finding("a", start)}));
    service.mend_store();
    CHECK_FALSE(service.keep({finding("a", start)}));
    REQUIRE(service.keeper.recall({"main/topology"}));
    CHECK_FALSE(service.keeper.cursor());
    CHECK(service.keep({finding("a", start)}));
    CHECK(service.incidents().size() == 1);
}

TEST_CASE("keeper: a great many findings are saved in parts, and a stop between them leaves the cursor") {
    Service service;
    REQUIRE(service.keeper.recall({"main/topology"}));
    std::vector<Finding> many;
    for (int j = 0; j < 700; ++j) many.push_back(finding("service-" + std::to_string(j), start));
    std::stop_source stop;
    stop.request_stop();
    incidents::Tick tick;
    tick.now = tick.at = service.clock.at;
    tick.prometheus = "main";
    tick.findings = many;
    CHECK_FALSE(service.keeper.keep(std::move(tick), stop.get_token()));
    CHECK_FALSE(service.saved_cursor());
    CHECK(service.told == 1);
    REQUIRE(service.keep(std::move(many)));
    CHECK(service.reader->status().value().open_by_severity.at("medium") == 700);
    CHECK(service.saved_cursor() == service.clock.at);
}

#include "rehearsal/made_up_prometheus.hpp"

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::rehearsal;

namespace {

constexpr Time start{std::chrono::seconds(1'000'000)};

struct Stage {
    std::shared_ptr<HandClock> clock = std::make_shared<HandClock>(start);
    MadeUpPrometheus prometheus;

    explicit Stage(const std::vector<ScriptedSeries>& series)
        : prometheus(series, {start, std::chrono::seconds(5), start + std::chrono::seconds(20)}, clock) {}

    Result<io::Response> ask(const std::string& query, double seconds) {
        io::Request request{"POST", "/api/v1/query", "", "application/x-www-form-urlencoded", {}};
        request.body = io::form_encode({{"query", query}, {"time", std::to_string(to_epoch_seconds(start) + seconds)}});
        return prometheus.send_all({}, {request}).front();
    }
    nlohmann::json result(const std::string& query, double seconds) {
        return nlohmann::json::parse(ask(query, seconds)->body)["data"]["result"];
    }
};

ScriptedSeries series(const std::string& labels, const std::string& values) {
    return {*parse_series(labels), *parse_values(values)};
}

}  // namespace

TEST_CASE("a series is scraped from the start on, each interval") {
    Stage stage({series(R"(a{pod="p"})", "1 _ 3 stale 5 6 7 8")});
    CHECK(stage.result("a", 0)[0]["value"][1] == "1");
    CHECK(stage.result("a", 7)[0]["value"][1] == "1");
    CHECK(stage.result("a", 10)[0]["value"][1] == "3");
    CHECK(stage.result("a", 15).empty());
    CHECK(stage.result("a[1h]", 100)[0]["values"].size() == 3);  // up to the end
}

TEST_CASE("every target is up unless the test says otherwise") {
    Stage stage({series(R"(a{pod="p"})", "1x4"), series(R"(a{pod="q"})", "1x4"),
                 series(R"(up{job="test",instance="q"})", "1 0 1"), series(R"(a{instance=""})", "1x4")});
    CHECK(stage.result("up == 1", 5).size() == 1);
    CHECK(stage.result("up == 0", 5)[0]["metric"]["instance"] == "q");
    CHECK(stage.result("count(up)", 5)[0]["value"][1] == "2");
}

TEST_CASE("it tells the interval of its targets and the time") {
    Stage stage({});
    const auto targets = stage.prometheus.send_all({}, {{"GET", "/api/v1/targets?state=active", "", "", {}}}).front();
    CHECK(nlohmann::json::parse(targets->body)["data"]["activeTargets"][0]["scrapeInterval"] == "5s");
    stage.clock->set(start + std::chrono::seconds(7));
    const auto time = stage.prometheus.send_all({}, {{"POST", "/api/v1/query", "query=time%28%29", "", {}}}).front();
    CHECK(nlohmann::json::parse(time->body)["data"]["result"][1] == "1000007");
}

TEST_CASE("what it does not understand is an error that it remembers; unreachable is no answer") {
    Stage stage({});
    CHECK(stage.ask("irate(a[5m])", 0)->status == 400);
    CHECK(stage.prometheus.not_understood().at("irate(a[5m])") == "function irate is not known");
    stage.prometheus.set_reachable(false);
    CHECK_FALSE(stage.ask("a", 0));
}

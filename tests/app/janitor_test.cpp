// What a start or a reload ends, because nobody could end it otherwise.
#include "app/janitor.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::app;
using namespace std::chrono_literals;

namespace {

const Time start = parse_rfc3339("2026-01-01T00:00:00Z").value();

struct HandClock final : io::Clock {
    Time now() const override { return start + 1min; }
    void sleep_until(Time, std::stop_token) const override {}
};

RuleSpec rule(const std::string& name, bool learned, bool enabled = true) {
    RuleSpec rule;
    rule.name = name;
    rule.learned = learned;
    rule.enabled = enabled;
    return rule;
}

// One open incident of every rule, then a start with `config`; gives the rules whose incident is still open.
std::vector<std::string> open_after(const config::Config& config) {
    spdlog::set_level(spdlog::level::off);
    auto folder = (std::filesystem::temp_directory_path() / "janitor_test_XXXXXX").string();
    const std::string url = "sqlite:" + std::string(mkdtemp(folder.data())) + "/test.db";
    auto store = incidents::open_store(url).value();
    incidents::Tick tick;
    tick.now = tick.at = start;
    tick.prometheus = "main";
    for (const auto& one : config.rules) {
        Finding finding;
        finding.rule = one.name;
        finding.started_at = finding.crossed_at = start;
        tick.findings.push_back(finding);
    }
    REQUIRE(store->commit(tick, {}));
    const HandClock clock;
    prometheus::Registry registry;
    Janitor(config, [&] { return incidents::open_store(url); }, clock, registry).retire();
    std::vector<std::string> open;
    for (const auto& incident : store->incidents({}).value().incidents) {
        if (incident.state == IncidentState::resolved) CHECK(incident.resolve_reason == "rule_removed");
        else open.push_back(incident.rule);
    }
    std::filesystem::remove_all(folder);
    std::ranges::sort(open);
    return open;
}

}  // namespace

TEST_CASE("incidents of rules that are off are resolved, of learned ones too where anomaly is off") {
    config::Config config;
    config.prometheus.emplace_back();
    config.rules = {rule("authz-denials", false), rule("off", false, false), rule("tcp-new-edge", true)};
    CHECK(open_after(config) == std::vector<std::string>{"authz-denials", "tcp-new-edge"});
    config.anomaly.enabled = false;
    CHECK(open_after(config) == std::vector<std::string>{"authz-denials"});
}

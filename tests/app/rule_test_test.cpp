// What a rule test says when it fails, and that it can.
#include "app/rule_test.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;

namespace {

const std::string head = R"(interval: 5s
tests:
  - name: t
    input_series:
      - series: 'istio_requests_total{reporter="destination",response_code="403",destination_service_name="ledger"}'
        values: _ 12x40
    expect:
)";

std::vector<app::Mismatch> played(const std::string& text) {
    const TemporaryFile file(text);
    const auto loaded = config::load_tests(file.file());
    for (const auto& problem : loaded.problems) FAIL_CHECK(config::to_string(problem));
    REQUIRE(loaded.problems.empty());
    REQUIRE(loaded.file.tests.size() == 1);
    return app::play(loaded.config, loaded.file.tests[0], loaded.file.tests[0].interval.value_or(loaded.file.interval));
}

}  // namespace

TEST_CASE("the example of the interface passes") {
    CHECK(played(head + "      - {at: 5s, findings: [{rule: authz-denials, value: 12}], notices: [{reason: opened}]}\n")
              .empty());
}

TEST_CASE("a wrong value, a missing finding and one too many are told, with the line") {
    const auto wrong = played(head + "      - {at: 5s, findings: [{rule: authz-denials, value: 13}]}\n");
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].line == 8);
    CHECK(wrong[0].at == std::chrono::seconds(5));
    CHECK(wrong[0].expected == "firing: authz-denials value 13");
    CHECK(wrong[0].came.starts_with("firing: authz-denials value 12 threshold 10 severity high"));

    const auto missing = played(head + "      - {at: 5s, findings: [{rule: authz-denials}, {rule: retry-storm}]}\n");
    REQUIRE(missing.size() == 1);
    const auto surplus = played(head + "      - {at: 5s, findings: []}\n");
    REQUIRE(surplus.size() == 1);
    CHECK(surplus[0].expected == "firing: nothing");
    const auto label =
        played(head + "      - {at: 5s, findings: [{rule: authz-denials, labels: {destination_service: x}}]}\n");
    CHECK(label.size() == 1);
}

TEST_CASE("notices are those since the expectation before that names any") {
    CHECK(played(head + R"(      - {at: 5s, findings: [{rule: authz-denials}]}
      - {at: 10s, notices: [{reason: opened, target: test}]}
      - {at: 15s, notices: []}
)").empty());
    const auto doubled = played(head + R"(      - {at: 5s, notices: [{reason: opened}]}
      - {at: 10s, notices: [{reason: opened}]}
)");
    REQUIRE(doubled.size() == 1);
    CHECK(doubled[0].came == "told: nothing");
    CHECK(played(head + "      - {at: 10s, notices: [{reason: resolved}]}\n").size() == 1);
}

TEST_CASE("blind signals: those named must be, an empty list means none") {
    CHECK(played(head + "      - {at: 30s, blind: [{signal: retries, cause: not_scraped}]}\n").empty());
    CHECK(played(head + "      - {at: 30s, blind: [{signal: retries, cause: not_exposed}]}\n").size() == 1);
    CHECK(played(head + "      - {at: 30s, blind: [{signal: authz_denials}]}\n").size() == 1);
    CHECK(played(head + "      - {at: 30s, blind: []}\n").size() == 1);
}

TEST_CASE("expectations may stand between scrapes and in any order") {
    CHECK(played(head + R"(      - {at: 7s, findings: [{rule: authz-denials}]}
      - {at: 3s, findings: []}
)").empty());
}

TEST_CASE("a question that the made-up Prometheus does not understand fails the test instead of looking blind") {
    const TemporaryFile signals(R"(signals:
  - name: odd
    kind: counter
    selector: odd_total
    labels: {}
    live: histogram_quantile(0.9, odd_bucket)
)");
    const TemporaryFile rules("groups: [{name: g, rules: [{name: odd, signal: odd, threshold: 1}]}]\n");
    const auto mismatches = played("signal_files: [" + signals.file() + "]\nrule_files: [" + rules.file() + R"(]
tests: [{name: t, expect: [{at: 30s, findings: []}]}]
)");
    REQUIRE(mismatches.size() == 1);
    CHECK(mismatches[0].came.find("histogram_quantile") != std::string::npos);
}

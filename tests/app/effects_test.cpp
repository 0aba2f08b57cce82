// What a configuration changes, end to end: overrides, thresholds for some subjects, exclude, owners, routes, further
// signal and rule files. Each from a series to who is told.
#include <fstream>

#include <fmt/format.h>

#include "app/rule_test.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;

namespace {

const std::string targets = R"(prometheus: [{name: main}]
targets:
  - {name: payments, webhook: {url: "http://127.0.0.1:1"}}
  - {name: everybody, webhook: {url: "http://127.0.0.1:1"}}
)";

// A refusal counter of shop/SOURCE at NAMESPACE/SERVICE.
std::string refused(const std::string& source, const std::string& space, const std::string& service,
                    const std::string& values) {
    return fmt::format(R"(      - series: >-
          istio_requests_total{{reporter="destination",response_code="403",pod="{2}-1",source_workload="{0}",
          source_workload_namespace="shop",destination_service_namespace="{1}",destination_service_name="{2}",
          destination_workload="{2}",destination_workload_namespace="{1}"}}
        values: {3}
)", source, space, service, values);
}

// The mismatches of one test under a configuration, as text.
std::string played(const std::string& configuration, const std::string& series, const std::string& expect) {
    const TemporaryFile config(configuration);
    std::ofstream(config.path("tests.yaml"))
        << "config: meshwarden.yaml\ninterval: 5s\ntests:\n  - name: t\n    input_series:\n"
        << series << "    expect:\n"
        << expect;
    const auto loaded = config::load_tests(config.path("tests.yaml"));
    std::string text;
    for (const auto& problem : loaded.problems) text += to_string(problem) + "\n";
    if (!loaded.problems.empty()) return text;
    for (const auto& mismatch : app::play(loaded.config, loaded.file.tests.at(0), std::chrono::seconds(5)))
        text += fmt::format("at {}: expected {}, came {}\n", to_string(mismatch.at), mismatch.expected, mismatch.came);
    return text;
}

}  // namespace

TEST_CASE("overrides change any key of a shipped rule") {
    const auto series = refused("web", "pay", "ledger", "0 12x40");
    CHECK(played(targets, series, "      - {at: 5s, findings: [{rule: authz-denials, threshold: 10}]}\n") == "");
    CHECK(played(targets + "overrides: {authz-denials: {threshold: 12, severity: critical}}\n", series,
                 "      - {at: 5s, findings: [], notices: []}\n") == "");
    CHECK(played(targets + "overrides: {authz-denials: {threshold: 11, severity: critical, summary: '{{ value }} at {{ "
                           "destination_service }}'}}\n",
                 series,
                 "      - {at: 5s, findings: [{rule: authz-denials, severity: critical, summary: 12 at ledger}]}\n") ==
          "");
    CHECK(played(targets + "overrides: {authz-denials: {enabled: false}}\n", series,
                 "      - {at: 5s, findings: [], notices: []}\n") == "");
    CHECK(played(targets + "overrides: {authz-denials: {for: 20s}}\n", refused("web", "pay", "ledger", "0 12+1x40"),
                 "      - {at: 20s, findings: []}\n      - {at: 30s, findings: [{rule: authz-denials}]}\n") == "");
}

TEST_CASE("some subjects have thresholds of their own; the first match counts") {
    const auto config = targets + R"(overrides:
  authz-denials:
    overrides:
      - {match: ['destination_service="ledger"'], threshold: 20}
      - {match: ['destination_namespace="pay"'], threshold: 40}
)";
    const auto series = refused("web", "pay", "ledger", "0 21x40") + refused("web", "pay", "vault", "0 40x40") +
                        refused("web", "shop", "cart", "0 11x40");
    CHECK(played(config, series, R"(      - at: 5s
        findings:
          - {rule: authz-denials, threshold: 20, value: 21, labels: {destination_service: ledger}}
          - {rule: authz-denials, threshold: 10, value: 11, labels: {destination_service: cart}}
)") == "");
}

TEST_CASE("what is excluded is not counted, what stands beside it is") {
    const auto config = targets + "overrides: {authz-denials: {exclude: ['source_workload=\"scanner\"']}}\n";
    CHECK(played(config, refused("scanner", "pay", "ledger", "0 500x40"),
                 "      - {at: 5s, findings: [], notices: []}\n") == "");
    CHECK(played(config, refused("scanner", "pay", "ledger", "0 500x40") + refused("web", "pay", "ledger", "0 11x40"),
                 "      - {at: 5s, findings: [{rule: authz-denials, value: 11}]}\n") == "");
}

TEST_CASE("owners set the label team and the runbook, and routes go by the label") {
    const auto config = targets + R"(owners:
  - {match: ['destination_namespace=~"pay.*"'], team: payments, runbook_url: "https://runbooks.example/pay"}
  - {match: ['destination_namespace!=""'], team: others}
routes:
  - {match: ['team="payments"'], targets: [payments], continue: true}
  - {match: ['severity=~"critical|high"'], targets: [everybody]}
)";
    CHECK(played(config, refused("web", "payroll", "ledger", "0 12x40"), R"(      - at: 5s
        findings: [{rule: authz-denials, labels: {team: payments}}]
        notices: [{reason: opened, target: payments, labels: {team: payments}}, {reason: opened, target: everybody}]
)") == "");
    CHECK(played(config, refused("web", "shop", "cart", "0 12x40"), R"(      - at: 5s
        findings: [{rule: authz-denials, labels: {team: others}}]
        notices: [{reason: opened, target: everybody, labels: {team: others}}]
)") == "");
}

TEST_CASE("a signal and a rule of one's own need only two files") {
    const TemporaryFile signals(R"(signals:
  - name: rate_limited
    kind: counter
    selector: istio_requests_total{response_code="429"}
    labels: {destination_service: destination_service_name}
)", "signals.yaml");
    const TemporaryFile rules(R"(groups:
  - name: limits
    rules: [{name: rate-limited, signal: rate_limited, by: [cluster, destination_service], threshold: 2, severity: low}]
)", "rules.yaml");
    const auto config = targets + fmt::format("signals: [{}]\nrules: [{}]\n", signals.file(), rules.file());
    const std::string series =
        R"(      - {series: 'istio_requests_total{response_code="429",destination_service_name="ledger",pod="l-1"}', values: _ 3x20}
)";
    CHECK(played(config, series, R"(      - at: 5s
        findings: [{rule: rate-limited, value: 3, severity: low, labels: {destination_service: ledger}}]
        notices: [{reason: opened, target: payments}, {reason: opened, target: everybody}]
)") == "");
}

#include "tests/web/sample.hpp"

#include <stdexcept>

namespace meshwarden::tests {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

RuleSpec rule(std::string name, std::string signal, double threshold, Severity severity, std::string action) {
    RuleSpec spec;
    spec.group = name == "slow-convergence" ? "control-plane" : "security";
    spec.name = std::move(name);
    spec.signal = std::move(signal);
    spec.by = {"destination_namespace", "destination_service"};
    spec.threshold = threshold;
    spec.severity = severity;
    spec.action = std::move(action);
    spec.summary = "{{ value }} in {{ window }}";
    return spec;
}

std::vector<RuleSpec> rules() {
    std::vector<RuleSpec> all{
        rule("authz-denials", "authz_denials", 10, Severity::high, "Investigate the source service"),
        rule("mtls-failures", "mtls_failures", 5, Severity::critical, "Check certificate validity"),
        rule("retry-storm", "retries", 100, Severity::medium, "Investigate the target's health"),
        rule("tcp-new-edge", "tcp_connections", 0, Severity::low, "Investigate the source service"),
        rule("slow-convergence", "slow_convergence", 4, Severity::medium, "Check the Istio control plane"),
    };
    all[3].learned = true;
    return all;
}

std::vector<SignalSpec> signals() {
    std::vector<SignalSpec> all;
    for (const auto* name : {"authz_denials", "mtls_failures", "retries", "slow_convergence", "tcp_connections"}) {
        all.emplace_back();
        all.back().name = name;
    }
    return all;
}

Finding finding(const RuleSpec& spec, Labels labels, double value, std::string summary, Time started) {
    Finding found;
    found.rule = spec.name;
    found.severity = spec.severity;
    found.subject = labels;
    found.labels = std::move(labels);
    found.value = value;
    found.threshold = spec.threshold;
    found.window = spec.window;
    found.started_at = started;
    found.crossed_at = started + seconds(10);
    found.summary = std::move(summary);
    found.action = spec.action;
    found.techniques = {"T1078"};
    found.evidence.taken_at = started + seconds(15);
    found.evidence.rule = {
        {"signal", spec.signal}, {"threshold", std::to_string(int(spec.threshold))}, {"window", "1m"}};
    return found;
}

EvidenceSeries counter(const std::string& source, const std::string& reason, double from, double step, Time start) {
    EvidenceSeries series;
    series.metric = Labels{{"__name__", "istio_requests_total"}, {"source_workload", source}, {"response_code", reason},
                           {"destination_service", "ledger.pay.svc.cluster.local"}, {"reporter", "destination"}};
    double value = from;
    for (int i = 0; i < 13; ++i) {
        value += i < 4 ? 0 : step * (1 + i % 3);
        series.points.emplace_back(start + seconds(5 * i), value);
    }
    series.increment = series.points.back().second - from;
    return series;
}

Finding denials(Time now) {
    const auto start = now - minutes(12);
    auto found = finding(rules()[0],
                         {{"cluster", "prod-eu"}, {"destination_namespace", "pay"}, {"destination_service", "ledger"},
                          {"team", "payments"}},
                         40, "40 requests to pay/ledger were denied in 1m", start);
    found.runbook_url = "https://runbooks.example/authz";
    found.evidence.series = {counter("frontend", "403", 3, 1, start), counter("batch", "403", 0, 0.5, start)};
    found.evidence.top_sources = {{{{"source_namespace", "shop"}, {"source_workload", "frontend"}}, 31},
                                  {{{"source_namespace", "shop"}, {"source_workload", "batch"}}, 7},
                                  {{{"source_namespace", "ops"}, {"source_workload", "scanner"}}, 2}};
    found.evidence.notes = {"The mesh itself refused between 38 and 40 of these 40."};
    return found;
}

Finding handshakes(Time now) {
    const auto start = now - minutes(3);
    auto found = finding(rules()[1],
                         {{"cluster", "prod-eu"}, {"destination_namespace", "shop"}, {"destination_workload", "cart"}},
                         22, "22 TLS handshakes at shop/cart failed in 1m", start);
    found.evidence.series = {counter("unknown", "fail_verify_san", 100, 1, start)};
    found.blind = true;
    return found;
}

Finding retries(Time now) {
    const auto start = now - hours(5);
    auto found = finding(rules()[2],
                         {{"cluster", "prod-eu"}, {"source_namespace", "shop"}, {"source_workload", hostile},
                          {"destination_namespace", "pay"}, {"destination_service", hostile}},
                         1'234, "1234 retries towards " + hostile + " in 1m", start);
    found.runbook_url = "javascript:document.title='owned'";
    found.evidence.series = {counter(hostile, "retry", 0, 90, start)};
    found.calm_since = start + minutes(1);
    return found;
}

Finding new_edge(Time now) {
    auto found = finding(rules()[3],
                         {{"cluster", "prod-eu"}, {"source_namespace", "shop"}, {"source_workload", "cart"}}, 2,
                         "shop/cart has opened connections that nobody has seen before: pay/ledger, ops/vault",
                         now - minutes(48));
    found.kind = IncidentKind::anomaly;
    return found;
}

Finding slow_pushes(Time now) {
    auto found = finding(rules()[4], {{"cluster", "prod-eu"}}, 9, "9 configuration pushes took longer than 30 s in 5m",
                         now - hours(26));
    found.window = minutes(5);
    found.ended_at = now - hours(25);
    return found;
}

Reading reading(std::string signal, Sight sight, double value, int covered, int expected, Time now) {
    Reading read;
    read.signal = std::move(signal);
    read.answered = sight != Sight::blind;
    read.coverage = {sight, value, covered, expected, false, {}, {}, now};
    return read;
}

std::vector<Reading> readings(Time now) {
    auto blind = reading("mtls_failures", Sight::blind, 0, 0, 24, now);
    blind.coverage.cause = {"not_exposed",
                            "No target exports the listener's TLS statistics; Envoy leaves them out unless asked."};
    blind.coverage.fix = {"Add the inclusion to the mesh configuration and restart the workloads.",
                          "meshConfig:\n  defaultConfig:\n    proxyStatsMatcher:\n      inclusionSuffixes:\n        - "
                          "ssl.fail_verify_error\n        - ssl.connection_error\n"};
    auto partial = reading("retries", Sight::observed, 1'234, 3, 10, now);
    partial.coverage.cause = {"not_scraped", "7 of 10 targets do not show the family."};
    partial.coverage.fix = {"Restart the workloads that still run with the old statistics.", ""};
    return {reading("authz_denials", Sight::observed, 40, 24, 24, now), blind, partial,
            reading("slow_convergence", Sight::zero, 0, 1, 1, now)};
}

RuleVerdict verdict(std::string name, RuleHealth health, double threshold, Duration window, std::string cause = "") {
    return {std::move(name), health, health != RuleHealth::blind, std::move(cause), threshold, window};
}

incidents::Tick tick(Time now) {
    incidents::Tick tick;
    tick.now = now;
    tick.at = now;
    tick.prometheus = "main";
    tick.readings = readings(now);
    tick.rules = {verdict("authz-denials", RuleHealth::firing, 10, minutes(1)),
                  verdict("mtls-failures", RuleHealth::blind, 5, minutes(1), "the statistics are not exported"),
                  verdict("retry-storm", RuleHealth::firing, 200, minutes(2)),
                  verdict("tcp-new-edge", RuleHealth::firing, 0, minutes(1)),
                  verdict("slow-convergence", RuleHealth::ok, 4, minutes(5))};
    return tick;
}

void commit(incidents::Store& store, const incidents::Tick& tick, const incidents::Options& options) {
    if (const auto done = store.commit(tick, options); !done) throw std::runtime_error(done.error().message);
}

incidents::Options incident_options() {
    incidents::Options options;
    options.routes = {{{}, {}, {"secops", "oncall"}, false}};
    return options;
}

std::shared_ptr<const Topology> topology(Time now) {
    Topology learned;
    learned.at = now;
    learned.kept_since = now - hours(100);
    const auto edge = [&](const char* from, const char* to, const char* protocol, bool expected, const char* mtls) {
        const Time since = now - (expected ? Duration(hours(72)) : Duration(minutes(48)));
        return TopologyEdge{{{"cluster", "prod-eu"}, {"source_namespace", "shop"}, {"source_workload", from},
                             {"destination_namespace", "pay"}, {"destination_service", to}, {"protocol", protocol}},
                            since, since, now, expected ? 12.5 : 0.2, 720, expected, mtls, expected ? 0 : 7.5};
    };
    learned.edges = {edge("frontend", "ledger", "http", true, "mutual_tls"),
                     edge("cart", "ledger", "tcp", false, "none"),
                     edge("frontend", "quotes", "grpc", true, "mutual_tls")};
    return std::make_shared<const Topology>(std::move(learned));
}

// One notice that arrived at the second try, one that was given up.
void deliver(incidents::Store& store, Time now) {
    const auto finish = [&](const std::string& target, DeliveryState state, const char* answer) {
        const auto notice = store.claim(target, now, now + minutes(1));
        if (notice && *notice) (void)store.finish((*notice)->id, {state, now, now, answer});
    };
    finish("secops", DeliveryState::pending, "503 Service Unavailable");
    finish("secops", DeliveryState::delivered, "");
    finish("oncall", DeliveryState::dead, "400: \"routing_key\" is unknown");
}

}  // namespace

void Sample::fill(incidents::Store& store) const {
    const auto options = incident_options();
    auto early = tick(now - hours(26));
    early.findings = {slow_pushes(now)};
    early.findings[0].ended_at.reset();
    commit(store, early, options);
    auto calm = tick(now - hours(25));
    calm.findings = {slow_pushes(now)};
    commit(store, calm, options);
    auto last = tick(now - seconds(2));
    last.findings = {denials(now), handshakes(now), retries(now), new_edge(now)};
    commit(store, last, options);
    deliver(store, now);
}

web::Dependencies Sample::dependencies() {
    web::Dependencies needs;
    needs.storage_url = [this] { return storage_url; };
    needs.open_store = [this] { return incidents::open_store(storage_url); };
    needs.warn = [this](const std::string& sentence) { warnings.add(sentence); };
    needs.incidents = [] { return incident_options(); };
    needs.rules = [] { return std::make_shared<const std::vector<RuleSpec>>(rules()); };
    needs.signals = [] { return std::make_shared<const std::vector<SignalSpec>>(signals()); };
    needs.topology = [this] { return topology(now); };
    needs.prometheus = [this] {
        const auto last = now - seconds(2);
        web::PrometheusStatus status;
        status.name = "main";
        status.last_good_poll = status.cursor = last;
        status.duration = Duration(180);
        status.poll_interval = seconds(1);
        if (has_ticked) {
            const auto seen = tick(last);
            status.readings = std::make_shared<const std::vector<Reading>>(seen.readings);
            status.verdicts = std::make_shared<const std::vector<RuleVerdict>>(seen.rules);
        }
        return std::vector{status};
    };
    needs.now = [this] { return now; };
    needs.ready = [this] { return ready.load(); };
    needs.reload = [this] { return problems; };
    needs.wake_courier = [this] { ++wakes; };
    needs.started_at = now - hours(30);
    needs.version = "0.1.0";
    needs.registry = &registry;
    return needs;
}

}  // namespace meshwarden::tests

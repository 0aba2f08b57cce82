#include <algorithm>
#include <cstdlib>

#include "config/config.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

const std::string data = MESHWARDEN_CONFIG_DATA;

const RuleSpec& rule(const config::Config& config, const std::string& name) {
    const auto found = std::ranges::find(config.rules, name, &RuleSpec::name);
    REQUIRE(found != config.rules.end());
    return *found;
}

const SignalSpec& signal(const config::Config& config, const std::string& name) {
    const auto found = std::ranges::find(config.signals, name, &SignalSpec::name);
    REQUIRE(found != config.signals.end());
    return *found;
}

std::string only_problem(const std::string& content) {
    const TemporaryFile file(content);
    const auto problems = config::load(file.file()).problems;
    REQUIRE(problems.size() == 1);
    return std::to_string(problems[0].line) + ": " + problems[0].path + ": " + problems[0].message;
}

}  // namespace

TEST_CASE("every key of the configuration reaches its option") {
    const auto loaded = config::load(data + "/full.good.yaml");
    for (const auto& problem : loaded.problems) {
        FAIL_CHECK(to_string(problem));
    }
    const auto& c = loaded.config;
    CHECK(c.instance == "eu-1");
    REQUIRE(c.prometheus.size() == 2);
    const auto& p = c.prometheus[0];
    CHECK(p.name == "main");
    CHECK(p.endpoint.url == "https://prometheus.example/prefix");
    CHECK(p.cluster == "prod-eu");
    CHECK(p.poll_interval == std::optional<Duration>(5s));
    CHECK(p.endpoint.timeout == 2s);
    CHECK(p.endpoint.username == "reader");
    CHECK(p.endpoint.password_file == "/etc/secrets/password");
    CHECK(p.endpoint.tls.ca_file == data + "/ca.pem");
    CHECK(p.endpoint.tls.insecure_skip_verify);
    CHECK(p.endpoint.headers == std::vector<std::pair<std::string, std::string>>{{"X-Scope-OrgID", "tenant-1"}});
    CHECK(p.trust_domains == std::vector<std::string>{"cluster.local", "eu.example"});
    CHECK(c.prometheus[1].endpoint.url == "http://127.0.0.1:9090");
    CHECK_FALSE(c.prometheus[1].poll_interval);
    CHECK(c.prometheus[1].endpoint.bearer_token_file == data + "/secrets/token");
    CHECK(c.web.address == "::");
    CHECK(c.web.port == 0);
    CHECK(c.web.external_url == "https://meshwarden.example");
    REQUIRE(c.web.tokens.size() == 2);
    CHECK(c.web.tokens[0].role == web::Role::admin);
    CHECK(c.web.tokens[0].token_file == data + "/alice.token");
    CHECK(c.web.tokens[1].role == web::Role::read);
    CHECK(c.web.insecure_no_auth);
    CHECK(c.web.kiali == "https://kiali/{{ destination_namespace }}/{{destination_service}}");
    CHECK(c.storage_url == "sqlite:" + data + "/data/mw.db");
    CHECK(c.retention == 720h);
    CHECK(c.max_size == (500u << 20));
    CHECK(c.root_namespace == "istio-root");
    REQUIRE(c.owners.size() == 1);
    CHECK(c.owners[0].team == "payments");
    CHECK(all_match(c.owners[0].match, Labels{{"destination_namespace", "pay-eu"}}));
    CHECK_FALSE(c.anomaly.enabled);
    CHECK(c.anomaly.learning_period == 30s);
    CHECK(c.anomaly.alerts_per_day == std::map<std::string, double>{{"critical", .5}, {"high", 2}, {"medium", 5}, {"low", 7}});
    CHECK(c.incidents.reopen_window == 10min);
    CHECK(c.incidents.repeat_interval == 1h);
    CHECK(c.incidents.acknowledging_targets == std::vector<std::string>{"oncall"});
    REQUIRE(c.incidents.routes.size() == 2);
    CHECK(c.incidents.routes[0].targets == std::vector<std::string>{"oncall", "secops"});
    CHECK(c.incidents.routes[0].goes_on);
    CHECK(c.incidents.routes[0].match.size() == 2);
    CHECK_FALSE(c.incidents.routes[1].goes_on);
    CHECK(c.notify.instance == "eu-1");
    CHECK(c.notify.external_url == "https://meshwarden.example");
    REQUIRE(c.notify.targets.size() == 4);
    CHECK(c.notify.targets[0].kind == notify::TargetKind::slack);
    CHECK(c.notify.targets[0].url_file == data + "/slack.url");
    CHECK(c.notify.targets[1].kind == notify::TargetKind::pagerduty);
    CHECK(c.notify.targets[1].endpoint.url == "https://events.pagerduty.com/v2/enqueue");
    CHECK(c.notify.targets[1].routing_key_file == data + "/pd.key");
    CHECK(c.notify.targets[2].kind == notify::TargetKind::alertmanager);
    CHECK(c.notify.targets[2].endpoint.url == "http://127.0.0.1:9093");
    CHECK(c.notify.targets[2].messages_per_second == 20);
    CHECK(c.notify.targets[3].kind == notify::TargetKind::webhook);
    CHECK(c.notify.targets[3].hmac_secret_file == data + "/hmac");
    CHECK(c.notify.targets[3].endpoint.timeout == 1s);
    CHECK(c.heartbeat_target == "hook");
    CHECK(c.heartbeat_interval == 1min);
    CHECK(c.log_level == "debug");
    CHECK(c.log_format == "json");
}

TEST_CASE("overrides change keys of shipped and of own rules, and no other") {
    const auto c = config::load(data + "/full.good.yaml").config;
    const auto original = config::shipped().config;
    CHECK(rule(c, "authz-denials").threshold == 20);
    CHECK(rule(c, "authz-denials").clear == std::optional(8.0));
    CHECK(rule(c, "authz-denials").severity == Severity::critical);
    CHECK(rule(c, "authz-denials").exclude.size() == 1);
    CHECK(rule(c, "authz-denials").window == rule(original, "authz-denials").window);
    CHECK(rule(c, "authz-denials").by == rule(original, "authz-denials").by);
    CHECK_FALSE(rule(c, "retry-storm").enabled);
    CHECK(rule(c, "mtls-failures").enabled);
    CHECK(rule(c, "rate-limited").window == 30s);
    CHECK(rule(c, "rate-limited").threshold == 10);
}

TEST_CASE("a rule of a further file") {
    const auto c = config::load(data + "/full.good.yaml").config;
    const auto& r = rule(c, "rate-limited");
    CHECK(r.group == "limits");
    CHECK(r.signal == "rate_limited");
    CHECK(r.by == std::vector<std::string>{"cluster", "destination_namespace", "destination_service"});
    CHECK(r.hold == 10s);
    CHECK(r.keep_firing_for == 1min);
    CHECK(r.severity == Severity::low);
    REQUIRE(r.overrides.size() == 1);
    CHECK(r.overrides[0].threshold == 100);
    CHECK(all_match(r.overrides[0].match, Labels{{"destination_service", "batch"}}));
    CHECK(r.techniques == std::vector<std::string>{"T1499", "T1498.001"});
    CHECK(rule(c, "mtls-failures").techniques == std::vector<std::string>{"T1557"});
}

TEST_CASE("the forms of a label of a signal") {
    using Extraction = LabelSource::Extraction;
    const auto s = signal(config::load(data + "/full.good.yaml").config, "rate_limited");
    REQUIRE(s.parts.size() == 1);
    const auto& part = s.parts[0];
    CHECK(part.reporters == std::vector<std::string>{"destination", "waypoint"});
    const auto label = [&](const std::string& name) {
        const auto found = std::ranges::find(part.labels, name, &LabelRule::name);
        REQUIRE(found != part.labels.end());
        return *found;
    };
    CHECK(label("destination_namespace").sources[0].label == "destination_service_namespace");
    REQUIRE(label("destination_service").sources.size() == 2);
    CHECK(label("destination_service").sources[1].extraction == Extraction::match);
    CHECK(label("destination_service").sources[1].pattern == "([^.]+)\\..*");
    CHECK(label("host").sources[0].extraction == Extraction::host);
    CHECK(label("host").sources[0].label == "cluster_name");
    CHECK(label("host_namespace").sources[0].extraction == Extraction::host_namespace);
    CHECK(label("reason").constant == "rate_limit");
}

TEST_CASE("parts begin as the signal itself") {
    const TemporaryFile file("signals:\n"
                             "  - name: s\n"
                             "    labels: {pod: pod}\n"
                             "    live: up\n"
                             "    fix: {text: t}\n"
                             "    parts:\n"
                             "      - {selector: a}\n"
                             "      - {selector: b, labels: {reason: code}, live: b}\n",
                             "signals.yaml");
    REQUIRE(config::check(file.file()).empty());
    const TemporaryFile main("prometheus: [{}]\nsignals: ['" + file.file() + "']\n");
    const auto s = signal(config::load(main.file()).config, "s");
    REQUIRE(s.parts.size() == 2);
    CHECK(s.parts[0].labels[0].name == "pod");
    CHECK(s.parts[0].live == "up");
    CHECK(s.parts[1].labels.size() == 1);
    CHECK(s.parts[1].labels[0].name == "reason");
    CHECK(s.parts[1].live == "b");
    CHECK(s.parts[1].fix.text == "t");
}

TEST_CASE("a merge takes the keys that are not there") {
    const auto c = config::shipped().config;
    const auto& parts = signal(c, "authz_denials").parts;
    const auto reason = [](const SignalPart& part) {
        return std::ranges::find(part.labels, "reason", &LabelRule::name)->constant;
    };
    REQUIRE(parts.size() == 4);
    CHECK(reason(parts[2]) == "l4");
    CHECK(reason(parts[3]) == "plaintext");
    CHECK(parts[2].labels.size() == parts[3].labels.size());
}

TEST_CASE("a name that a shipped file has is taken") {
    const TemporaryFile rules("groups: [{name: g, rules: [{name: authz-denials, signal: retries}]}]\n", "rules.yaml");
    const TemporaryFile main("prometheus: [{}]\nrules: ['" + rules.file() + "']\n");
    const auto problems = config::load(main.file()).problems;
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].file == rules.file());
    CHECK(problems[0].message.starts_with("the name \"authz-denials\" is taken by shipped rules/authorization.yaml:"));
}

TEST_CASE("environment variables") {
    ::setenv("MESHWARDEN_TEST_URL", "http://secret-host:9", 1);
    ::setenv("MESHWARDEN_TEST_SECRET", "s3cret value", 1);
    ::unsetenv("MESHWARDEN_TEST_UNSET");
    const TemporaryFile good("prometheus: [{url: '${MESHWARDEN_TEST_URL}/a', cluster: '$${x}$', "
                             "headers: {A: 'b ${MESHWARDEN_TEST_SECRET}'}}]\n");
    const auto loaded = config::load(good.file());
    REQUIRE(loaded.problems.empty());
    CHECK(loaded.config.prometheus[0].endpoint.url == "http://secret-host:9/a");
    CHECK(loaded.config.prometheus[0].endpoint.headers[0].second == "b s3cret value");
    CHECK(loaded.config.prometheus[0].cluster == "${x}$");
    CHECK(only_problem("prometheus: [{}]\ninstance: '${MESHWARDEN_TEST_SECRET}'\n") ==
          "2: instance: is \"${MESHWARDEN_TEST_SECRET}\", expected a name of letters, digits, - _ .");
    CHECK(only_problem("prometheus: [{}]\nlinks:\n  kiali: 'a ${MESHWARDEN_TEST_UNSET}'\n") ==
          "3: links.kiali: environment variable MESHWARDEN_TEST_UNSET is not set");
}

TEST_CASE("without routes every target is told of everything") {
    const auto routes = [](const std::string& rest) {
        const TemporaryFile file("prometheus: [{}]\n" + rest);
        return config::load(file.file()).config.incidents.routes;
    };
    const std::string targets =
        "targets: [{name: a, webhook: {url: 'http://x'}}, {name: b, webhook: {url: 'http://x'}}]\n";
    REQUIRE(routes(targets).size() == 1);
    CHECK(routes(targets)[0].targets == std::vector<std::string>{"a", "b"});
    CHECK(routes(targets)[0].match.empty());
    CHECK(routes("").empty());
    REQUIRE(routes(targets + "routes: [{targets: [b]}]\n").size() == 1);
    CHECK(routes(targets + "routes: [{targets: [b]}]\n")[0].targets == std::vector<std::string>{"b"});
}

TEST_CASE("an empty key is a key not given") {
    const TemporaryFile file("prometheus: [{}]\nweb:\ntargets:\n  # none yet\nlog:\n  level:\n");
    const auto loaded = config::load(file.file());
    CHECK(loaded.problems.empty());
    CHECK(loaded.config.log_level == "info");
    CHECK(only_problem("prometheus:\n") == "1: prometheus: missing, but required");
    CHECK(only_problem("prometheus: []\n") == "1: prometheus: is empty, expected at least one");
    CHECK(only_problem("prometheus: {url: x}\n") == "1: prometheus: is a map, expected a list of maps");
    CHECK(only_problem("") == "1: prometheus: missing, but required");
}

TEST_CASE("addresses to listen on") {
    const auto web = [](const std::string& text) {
        const TemporaryFile file("prometheus: [{}]\nweb: {insecure_no_auth: true, listen: '" + text + "'}\n");
        const auto loaded = config::load(file.file());
        return loaded.problems.empty() ? loaded.config.web.address + " " + std::to_string(loaded.config.web.port) : "";
    };
    CHECK(web("127.0.0.1:20011") == "127.0.0.1 20011");
    CHECK(web("localhost:1") == "127.0.0.1 1");
    CHECK(web(":80") == "0.0.0.0 80");
    CHECK(web("[::1]:0") == "::1 0");
    for (const auto* bad : {"127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "1.2.3:4", "::1:80",
                            "host:80", "[127.0.0.1]:80", "127.0.0.1:80 "}) {
        INFO(bad);
        CHECK(web(bad).empty());
    }
    CHECK(only_problem("prometheus: [{}]\nweb: {listen: ':80'}\n") ==
          "2: web.listen: 0.0.0.0 is not loopback, expected web.tokens, or insecure_no_auth: true");
    const TemporaryFile six("prometheus: [{}]\nweb: {listen: '[::1]:80'}\n");
    CHECK(config::load(six.file()).problems.empty());
}

TEST_CASE("the port of a URL") {
    const auto problems = [](const std::string& url) {
        const TemporaryFile file("prometheus: [{url: '" + url + "'}]\n");
        return config::load(file.file()).problems;
    };
    for (const auto* good : {"http://a", "http://a:", "http://a:1/x:y", "https://a:65535/b=:", "http://[::1]", "http://[::1]:9090/p",
                             "http://u:secret@a:9090"}) {
        INFO(good);
        CHECK(problems(good).empty());
    }
    for (const auto* bad : {"http://127.0.0.1:99999", "http://a:0", "http://a:-1", "http://a:x", "http://a:1x/p",
                            "http://[::1]:65536", "http://[::1", "http://u:1@a:x"}) {
        INFO(bad);
        CHECK(problems(bad).size() == 1);
    }
    CHECK(only_problem("prometheus: [{url: 'http://127.0.0.1:99999'}]\n") ==
          "1: prometheus[0].url: is \"http://127.0.0.1:99999\", expected an http:// or https:// URL: the URL is malformed: Port number was not a decimal number between 0 and 65535");
}

TEST_CASE("a file that cannot be opened") {
    const auto problems = config::check("/no/such/file.yaml");
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].unreadable);
    CHECK(to_string(problems[0]) == "/no/such/file.yaml: cannot be opened: No such file or directory");
    CHECK(config::load("/tmp").problems.at(0).unreadable);
    CHECK_FALSE(config::check(data + "/keys.bad.yaml").at(0).unreadable);
}

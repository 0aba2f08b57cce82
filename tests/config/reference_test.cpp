#include <regex>

#include "config/config.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;

namespace {

std::vector<std::string> reference_keys() {
    std::vector<std::string> keys;
    const auto page = config::reference_page();
    const std::regex row("\\| `([^`]+)` \\|");
    for (auto match = std::sregex_iterator(page.begin(), page.end(), row); match != std::sregex_iterator(); ++match) {
        keys.push_back((*match)[1]);
    }
    return keys;
}

}  // namespace

TEST_CASE("the default file loads without a problem and gives the defaults") {
    const TemporaryFile written(config::default_file());
    const TemporaryFile least("prometheus: [{}]\n");
    const auto a = config::load(written.file());
    const auto b = config::load(least.file()).config;
    for (const auto& problem : a.problems) {
        FAIL_CHECK(to_string(problem));
    }
    const auto& c = a.config;
    CHECK(c.instance == b.instance);
    CHECK(c.prometheus.size() == 1);
    CHECK(c.prometheus[0].endpoint.url == b.prometheus[0].endpoint.url);
    CHECK(c.prometheus[0].endpoint.timeout == b.prometheus[0].endpoint.timeout);
    CHECK(c.prometheus[0].poll_interval == b.prometheus[0].poll_interval);
    CHECK(c.prometheus[0].trust_domains == b.prometheus[0].trust_domains);
    CHECK(c.web.address == b.web.address);
    CHECK(c.web.port == b.web.port);
    CHECK(c.storage_url == "sqlite:" + written.path("meshwarden.db"));
    CHECK(c.retention == b.retention);
    CHECK(c.max_size == b.max_size);
    CHECK(c.root_namespace == b.root_namespace);
    CHECK(c.anomaly.alerts_per_day == b.anomaly.alerts_per_day);
    CHECK(c.anomaly.learning_period == b.anomaly.learning_period);
    CHECK(c.incidents.reopen_window == b.incidents.reopen_window);
    CHECK(c.incidents.repeat_interval == b.incidents.repeat_interval);
    CHECK(c.heartbeat_interval == b.heartbeat_interval);
    CHECK(c.log_level == b.log_level);
    CHECK(c.log_format == b.log_format);
    CHECK(c.notify.targets.empty());
    CHECK(c.rules.size() == b.rules.size());
}

TEST_CASE("the commented entries of the default file are right once they are uncommented") {
    // Required values are empty there, hence problems of that kind and no others.
    auto text = config::default_file();
    text = std::regex_replace(text, std::regex("\n( *)#(  +(- )?[a-z_]+:.*)"), "\n$1 $2");
    text = std::regex_replace(text, std::regex("(tokens|owners|targets|routes): \\[\\]\n"), "$1:\n");
    const TemporaryFile file(text);
    const auto problems = config::load(file.file()).problems;
    CHECK(problems.size() >= 4);
    for (const auto& problem : problems) {
        INFO(to_string(problem));
        const bool expected = problem.message.find("required") != std::string::npos ||
                              problem.message.find("has the kinds") != std::string::npos ||
                              problem.message.find("expected an http") != std::string::npos;
        CHECK(expected);
    }
}

TEST_CASE("the reference page lists every key of the interface") {
    const auto keys = reference_keys();
    for (const auto* key : {
             "instance", "prometheus[]", "prometheus[].name", "prometheus[].url", "prometheus[].cluster",
             "prometheus[].poll_interval", "prometheus[].timeout", "prometheus[].bearer_token_file",
             "prometheus[].basic_auth.username", "prometheus[].basic_auth.password_file", "prometheus[].tls.ca_file",
             "prometheus[].tls.cert_file", "prometheus[].tls.key_file", "prometheus[].tls.server_name",
             "prometheus[].tls.insecure_skip_verify", "prometheus[].headers", "web.listen", "web.external_url",
             "web.tokens[].name", "web.tokens[].role", "web.tokens[].token_file", "web.insecure_no_auth", "storage.url",
             "storage.retention", "storage.max_size", "mesh.trust_domains", "mesh.root_namespace", "signals", "rules",
             "overrides", "owners[].match", "owners[].team", "owners[].runbook_url", "anomaly.enabled",
             "anomaly.alerts_per_day", "anomaly.learning_period", "anomaly.interval", "anomaly.warm_up", "incidents.reopen_window",
             "incidents.repeat_interval", "targets[].name", "targets[].slack.webhook_url_file",
             "targets[].pagerduty.routing_key_file", "targets[].pagerduty.url", "targets[].alertmanager.url",
             "targets[].webhook.url", "targets[].webhook.hmac_secret_file", "routes[].match", "routes[].targets",
             "routes[].continue", "heartbeat.target", "heartbeat.interval", "links.kiali", "links.traces",
             "links.grafana", "log.level", "log.format", "signals[].name", "signals[].kind", "signals[].selector",
             "signals[].interval", "signals[].labels", "signals[].reporters", "signals[].live", "signals[].fix.text",
             "signals[].fix.yaml", "signals[].parts", "signals[].expected", "groups[].name", "groups[].rules[].name",
             "groups[].rules[].signal", "groups[].rules[].by", "groups[].rules[].window", "groups[].rules[].threshold",
             "groups[].rules[].clear", "groups[].rules[].for", "groups[].rules[].keep_firing_for",
             "groups[].rules[].severity", "groups[].rules[].overrides[].match",
             "groups[].rules[].overrides[].threshold", "groups[].rules[].exclude", "groups[].rules[].summary",
             "groups[].rules[].action", "groups[].rules[].runbook_url", "groups[].rules[].technique",
             "groups[].rules[].share.above", "groups[].rules[].learned"}) {
        INFO(key);
        CHECK(std::ranges::find(keys, key) != keys.end());
    }
}

TEST_CASE("every row of the reference has a type and a sentence") {
    const auto page = config::reference_page();
    CHECK(page.find("|  | ") == page.find("| map |  | ") + 6);
    CHECK(page.find(" |  |\n") == std::string::npos);
}

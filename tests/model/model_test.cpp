#include "model/digest.hpp"
#include "model/finding.hpp"
#include "model/labels.hpp"
#include "model/matcher.hpp"
#include "model/routes.hpp"
#include "model/time.hpp"

#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

TEST_CASE("durations are read and written as Prometheus does") {
    const std::vector<std::pair<std::string, Duration>> good{
        {"0s", 0s}, {"0", 0s}, {"250ms", 250ms}, {"90d", 90 * 24h}, {"1h30m", 90min}, {"1m", 1min}, {"2w", 14 * 24h}};
    for (const auto& [text, duration] : good) {
        INFO(text);
        CHECK(parse_duration(text).value() == duration);
        CHECK(parse_duration(to_string(duration)).value() == duration);
    }
    for (const auto* bad : {"", "5", "s", "5 s", "-5s", "1m1h", "1m1m", "1.5h", "99999999999y", "5sec", "1h "}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad));
    }
    CHECK(to_string(Duration(90min)) == "1h30m");
}

TEST_CASE("times are read and written as RFC 3339") {
    CHECK(to_rfc3339(from_epoch_seconds(1700000000.123)) == "2023-11-14T22:13:20.123Z");
    CHECK(parse_rfc3339("2023-11-14T22:13:20.123Z").value() == from_epoch_seconds(1700000000.123));
    CHECK(parse_rfc3339("2023-11-14T23:13:20+01:00").value() == from_epoch_seconds(1700000000));
    for (const auto* bad : {"", "2023-11-14", "2023-13-14T22:13:20Z", "2023-02-30T22:13:20Z", "2023-11-14T25:13:20Z",
                            "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z", "now"}) {
        INFO(bad);
        CHECK_FALSE(parse_rfc3339(bad));
    }
}

TEST_CASE("labels are sorted, unique and without empty values") {
    Labels labels{{"b", "2"}, {"a", "1"}, {"c", ""}, {"a", "9"}};
    CHECK(to_string(labels) == R"({a="1",b="2"})");
    labels.set("a", "");
    labels.set("d", "x\"\\\n");
    CHECK(to_string(labels) == "{b=\"2\",d=\"x\\\"\\\\\\n\"}");
    CHECK(labels.only({"d", "zz"}).size() == 1);
}

TEST_CASE("matchers") {
    const Labels labels{{"severity", "high"}, {"namespace", "pay.eu"}};
    const std::vector<std::pair<std::string, bool>> cases{
        {R"(severity="high")", true},     {R"(severity!="high")", false},    {R"(severity=~"critical|high")", true},
        {R"(severity=~"hig")", false},    {R"(severity!~"low|info")", true}, {R"(absent="")", true},
        {R"(absent!="")", false},         {R"(namespace=~"pay\.eu")", true}, {R"(namespace=~"pay\\.eu")", true},
        {R"( severity = "high" )", true}, {R"(severity=high)", true}};
    for (const auto& [text, hit] : cases) {
        INFO(text);
        const auto matcher = Matcher::parse(text);
        REQUIRE(matcher);
        CHECK(matcher->matches(labels) == hit);
    }
    for (const auto* bad : {"", "severity", "=x", "1a=\"x\"", "a=~\"(\"", "a=\"x", "a!x", "a b=\"x\"", "a=\"x\"y\""}) {
        INFO(bad);
        CHECK_FALSE(Matcher::parse(bad));
    }
}

TEST_CASE("the first route that matches wins unless it continues") {
    const auto route = [](const char* match, std::vector<std::string> targets, bool goes_on) {
        return Route{{match}, {*Matcher::parse(match)}, std::move(targets), goes_on};
    };
    const std::vector<Route> routes{route("severity=\"high\"", {"oncall"}, true),
                                    route("severity=~\"high|low\"", {"secops", "oncall"}, false),
                                    route("severity!=\"\"", {"rest"}, false)};
    CHECK(targets_for(routes, {{"severity", "high"}}) == std::vector<std::string>{"oncall", "secops"});
    CHECK(targets_for(routes, {{"severity", "low"}}) == std::vector<std::string>{"secops", "oncall"});
    CHECK(targets_for(routes, {{"severity", "info"}}) == std::vector<std::string>{"rest"});
    CHECK(targets_for({}, {{"severity", "info"}}).empty());
}

TEST_CASE("SHA-256 of the standard's example") {
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a summary takes each of its templates once: what a label brings is text") {
    const Reached reached{40, 10, 1min};
    const Labels labels{{"pod", "{{ value }} {{ window }}"}, {"team", std::string(300, 't')}};
    const std::vector<std::pair<std::string, std::string>> cases{
        {"{{ value }} of {{threshold}} in {{  window }}", "40 of 10 in 1m"},
        {"{{ pod }}", "{{ value }} {{ window }}"},
        {"{{ nobody }}", "unknown"},
        {"{{ team }}", std::string(200, 't')},
        {"open {{ value", "open {{ value"},
        {"{{}}", "unknown"},
    };
    for (const auto& [text, expected] : cases) CHECK(render_summary(text, reached, labels) == expected);
}

TEST_CASE("a finding carries its rule's texts and its subject") {
    RuleSpec rule;
    rule.name = "authz-denials";
    rule.severity = Severity::high;
    rule.summary = "{{ value }} to {{ pod }}";
    rule.action = "Look";
    rule.runbook_url = "http://runbook";
    rule.techniques = {"T1078"};
    const auto finding = finding_of(rule, {{"pod", "a"}}, {12, 10, 1min});
    CHECK(finding.summary == "12 to a");
    CHECK((finding.rule == "authz-denials" && finding.severity == Severity::high && finding.value == 12 &&
           finding.threshold == 10));
    CHECK(
        (finding.action == "Look" && finding.runbook_url == "http://runbook" && finding.techniques == rule.techniques));
    CHECK((finding.subject == Labels{{"pod", "a"}} && finding.labels == finding.subject && finding.window == 1min));
}

#include "rules/rules_detector.hpp"

#include "tests/catch.hpp"
#include "tests/rules/mesh_script.hpp"

using namespace meshwarden;
using namespace meshwarden::rules;
using meshwarden::tests::at;
using meshwarden::tests::Script;
using namespace std::chrono_literals;

namespace {

const Labels shop_to_ledger{{"source_namespace", "shop"},
                            {"source_workload", "cart"},
                            {"destination_namespace", "pay"},
                            {"destination_service", "ledger"},
                            {"refused_namespace", "pay"},
                            {"refused_by", "ledger"},
                            {"reason", "http"}};

RuleSpec denials_rule() {
    RuleSpec rule;
    rule.name = "authz-denials";
    rule.signal = "authz_denials";
    rule.by = {"destination_namespace", "destination_service"};
    rule.threshold = 10;
    rule.clear = 5;
    rule.severity = Severity::high;
    rule.summary =
        "{{ value }} requests to {{ destination_namespace }}/{{ destination_service }} were denied in {{ window }}";
    return rule;
}

SignalSpec signal(std::string name, SignalKind kind = SignalKind::counter) {
    SignalSpec spec;
    spec.name = std::move(name);
    spec.kind = kind;
    return spec;
}

Script script() {
    Script s;
    s.start();
    return s;
}

const RuleVerdict& only_rule(const Inspection& inspection) {
    REQUIRE(inspection.rules.size() == 1);
    return inspection.rules[0];
}

}  // namespace

TEST_CASE("the threshold is strict and sums every source of one destination") {
    for (const auto& [events, fires] : std::vector<std::pair<double, bool>>{{10, false}, {11, true}}) {
        RulesDetector detector({denials_rule()}, {signal("authz_denials")});
        auto s = script();
        auto other = shop_to_ledger;
        other.set("source_workload", "scanner");
        s.count("authz_denials", shop_to_ledger, 1, 6).count("authz_denials", other, 2, events - 6);
        const auto found = detector.inspect(s.tick(3));
        REQUIRE(found.findings.size() == (fires ? 1 : 0));
        CHECK(only_rule(found).health == (fires ? RuleHealth::firing : RuleHealth::ok));
        if (!fires) continue;
        const auto& finding = found.findings[0];
        CHECK(finding.value == 11);
        CHECK(finding.summary == "11 requests to pay/ledger were denied in 1m");
        CHECK(finding.started_at == at(1));
        CHECK(finding.crossed_at == at(2));
        CHECK(finding.subject == Labels{{"destination_namespace", "pay"}, {"destination_service", "ledger"}});
        REQUIRE(finding.evidence.top_sources.size() == 2);
        CHECK(finding.evidence.top_sources[0].value == 6);
        CHECK(finding.evidence.series.size() == 2);
    }
}

TEST_CASE("a burst after calm crosses anew, with evidence of its own, while the rule keeps firing") {
    auto rule = denials_rule();
    rule.keep_firing_for = 5min;
    RulesDetector detector({rule}, {signal("authz_denials")});
    auto s = script();
    s.count("authz_denials", shop_to_ledger, 1, 20);
    CHECK(detector.inspect(s.tick(5)).findings.at(0).crossed_at == at(1));
    s.silent("authz_denials");
    const auto calm = detector.inspect(s.tick(70));
    CHECK(calm.findings.at(0).calm_since);
    CHECK(calm.findings.at(0).crossed_at == at(1));
    auto other = shop_to_ledger;
    other.set("source_workload", "scanner");
    s.count("authz_denials", other, 90, 12);
    const auto again = detector.inspect(s.tick(95)).findings.at(0);
    CHECK(again.crossed_at == at(90));
    CHECK(again.started_at == at(1));
    CHECK(again.value == 20);
    REQUIRE(again.evidence.top_sources.size() == 1);
    CHECK(again.evidence.top_sources[0].labels.get("source_workload") == "scanner");
}

TEST_CASE("a burst that came and went while nobody looked is told once, with its end") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.silent("authz_denials");
    CHECK(detector.inspect(s.tick(0)).findings.empty());
    s.count("authz_denials", shop_to_ledger, 20, 15).count("authz_denials", shop_to_ledger, 40, 25);
    const auto found = detector.inspect(s.tick(130));
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].value == 40);
    CHECK(found.findings[0].started_at == at(20));
    CHECK(found.findings[0].calm_since == at(100));
    CHECK(found.findings[0].ended_at == at(100));
    REQUIRE(found.findings[0].evidence.series.size() == 1);
    CHECK(found.findings[0].evidence.series[0].increment == 40);
    s.silent("authz_denials");
    CHECK(detector.inspect(s.tick(140)).findings.empty());
}

TEST_CASE("what ended before the cursor is not told again after a restart") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.silent("authz_denials");
    s.tick(150);  // the cursor
    s.count("authz_denials", shop_to_ledger, 20, 40).count("authz_denials", shop_to_ledger, 155, 1);
    CHECK(detector.inspect(s.tick(160)).findings.empty());
}

TEST_CASE("a burst while its signal did not answer is told when it answers, though the cursor went on") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.silent("authz_denials");
    detector.inspect(s.tick(0));
    for (int seconds = 15; seconds <= 225; seconds += 15) {
        s.partial("authz_denials");
        CHECK(detector.inspect(s.tick(seconds)).findings.empty());
    }
    s.count("authz_denials", shop_to_ledger, 60, 500);
    const auto found = detector.inspect(s.tick(240));
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].value == 500);
    CHECK(found.findings[0].crossed_at == at(60));
    CHECK(found.findings[0].ended_at == at(120));
    s.silent("authz_denials");
    CHECK(detector.inspect(s.tick(255)).findings.empty());
}

TEST_CASE("a signal that does not answer at the start hides nothing after the cursor, and brings nothing before it") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.partial("authz_denials");
    detector.inspect(s.tick(0));
    s.partial("authz_denials");
    detector.inspect(s.tick(120));
    s.count("authz_denials", shop_to_ledger, -3800, 300).count("authz_denials", shop_to_ledger, 20, 500);
    const auto found = detector.inspect(s.tick(240));
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].crossed_at == at(20));
}

TEST_CASE("a restart while a signal does not answer goes back to where it was settled last") {
    auto s = script();
    std::string saved;
    {
        RulesDetector before({denials_rule()}, {signal("authz_denials")});
        s.silent("authz_denials");
        before.inspect(s.tick(0));
        CHECK(before.save().empty());
        s.partial("authz_denials");
        before.inspect(s.tick(300));
        saved = before.save();
        s.partial("authz_denials");
        before.inspect(s.tick(600));
        CHECK(before.save() == saved);
    }
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    CHECK(detector.horizon().settled.empty());
    REQUIRE(detector.load(saved));
    CHECK(detector.horizon().settled == std::map<std::string, Time>{{"authz_denials", at(0)}});
    CHECK(detector.save() == saved);
    SECTION("and it answers at once") {}
    SECTION("and it still does not answer") {
        s.partial("authz_denials");
        detector.inspect(s.tick(615));
        CHECK(detector.save() == saved);
    }
    s.count("authz_denials", shop_to_ledger, -200, 300).count("authz_denials", shop_to_ledger, 60, 500);
    const auto found = detector.inspect(s.tick(660));
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].crossed_at == at(60));
    CHECK(found.findings[0].ended_at == at(120));
    CHECK(detector.save().empty());
}

TEST_CASE("what fires between clear and the threshold goes on after a restart, however long ago it crossed") {
    auto s = script();
    std::string saved;
    Finding told;
    {
        RulesDetector before({denials_rule()}, {signal("authz_denials")});
        s.count("authz_denials", shop_to_ledger, 1, 20);
        REQUIRE(before.inspect(s.tick(2)).findings.size() == 1);
        for (int seconds = 30; seconds <= 3600; seconds += 30) {
            s.count("authz_denials", shop_to_ledger, seconds, 4);
            told = before.inspect(s.tick(seconds)).findings.at(0);
        }
        saved = before.save();
    }
    auto rule = denials_rule();
    const auto restarted = [&] {
        RulesDetector detector({rule}, {signal("authz_denials")});
        REQUIRE(detector.load(saved));
        for (int seconds = 3330; seconds <= 3630; seconds += 30) s.count("authz_denials", shop_to_ledger, seconds, 4);
        return detector.inspect(s.tick(3635));
    };
    SECTION("the same") {
        const auto found = restarted();
        REQUIRE(found.findings.size() == 1);
        CHECK(found.findings[0].crossed_at == told.crossed_at);
        CHECK(found.findings[0].started_at == told.started_at);
        CHECK(found.findings[0].value == told.value);
        CHECK_FALSE(found.findings[0].ended_at);
    }
    SECTION("and ends where the rule calls it calm now") {
        rule.clear = 9;
        const auto found = restarted();
        REQUIRE(found.findings.size() == 1);
        CHECK(found.findings[0].ended_at == at(3630));
    }
    SECTION("and is over where the threshold is above all that it reached") {
        rule.threshold = 30;
        CHECK(restarted().findings.empty());
    }
    SECTION("and is over after a day in which nobody looked") {
        RulesDetector detector({rule}, {signal("authz_denials")});
        REQUIRE(detector.load(saved));
        CHECK(detector.inspect(s.silent("authz_denials").tick(3630 + 86400)).findings.empty());
    }
    SECTION("and is nothing of a rule that groups otherwise") {
        rule.by = {"destination_namespace"};
        CHECK(restarted().findings.empty());
    }
}

TEST_CASE("a restart changes nothing of an episode, whatever it lives through") {
    auto rule = denials_rule();
    rule.keep_firing_for = 2min;
    const Labels target{{"job", "kubernetes-pods"}, {"instance", "10.0.0.1:15020"}};
    // Every 30 s so many denials; -1: the target fails.
    struct Case {
        std::string what;
        std::vector<int> denials;
    };
    const std::vector<int> fails_for_an_hour = [] {
        std::vector<int> denials{20, 4, 4};
        denials.resize(120, -1);
        denials.insert(denials.end(), {4, 0, 0, 0, 0, 0, 0, 0, 0});
        return denials;
    }();
    const Case cases[] = {
        {"calm in between, then over again", {20, 0, 0, 0, 4, 4, 4, 4, 20, 4, 0, 0, 0, 0, 0, 0, 0, 0}},
        {"calm for less than keep_firing_for", {20, 4, 4, 4, 4, 4, 4, 4, 0, 0, 0, 0, 4, 20, 0, 0, 0, 0, 0, 0}},
        {"over all the time", {20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 0, 0, 0, 0, 0, 0, 0}},
        {"its target fails for a while", {20, 4, 4, -1, -1, -1, 4, 4, 0, 0, 0, 0, 0, 0, 0}},
        {"its target fails for an hour", fails_for_an_hour},
    };
    using Told = std::vector<std::tuple<Time, Time, std::optional<Time>, double, bool>>;
    const auto played = [&](const std::vector<int>& denials, std::optional<std::size_t> restart) {
        auto detector = std::make_unique<RulesDetector>(std::vector{rule}, std::vector{signal("authz_denials")});
        auto s = script();
        Told told;
        for (std::size_t i = 0; i < denials.size(); ++i) {
            if (restart == i) {
                const auto saved = detector->save();
                detector = std::make_unique<RulesDetector>(std::vector{rule}, std::vector{signal("authz_denials")});
                REQUIRE(detector->load(saved));
            }
            s.silent("authz_denials");
            const auto first = restart != i ? i : i > 12 ? i - 12 : 0;  // what the horizon shows
            for (auto shown = first; shown <= i; ++shown)
                if (denials[shown] >= 0) s.count("authz_denials", shop_to_ledger, 30.0 * double(shown), denials[shown]);
            if (denials[i] < 0) s.failing(target);
            for (const auto& finding : detector->inspect(s.tick(30.0 * double(i) + 1)).findings)
                told.emplace_back(finding.crossed_at, finding.started_at, finding.ended_at, finding.value, finding.blind);
        }
        return told;
    };
    for (const auto& [what, denials] : cases) {
        const auto whole = played(denials, std::nullopt);
        REQUIRE(std::get<2>(whole.back()));
        for (std::size_t restart = 1; restart < denials.size(); ++restart) {
            CAPTURE(what, restart);
            CHECK(played(denials, restart) == whole);
        }
    }
}

TEST_CASE("a mesh that is frozen stays so over a restart, however long nothing has moved") {
    const auto rule = [] {
        RuleSpec frozen;
        frozen.name = frozen.signal = "frozen";
        frozen.threshold = 60;
        return frozen;
    }();
    const Labels istiod{{"pod", "istiod-1"}};
    auto s = script();
    std::string saved;
    const double restart = GENERATE(30.0, 300.0, 3000.0);
    {
        RulesDetector before({rule}, {signal("frozen", SignalKind::stalled)});
        s.stall("frozen", istiod, 5, 1, 0, 50);
        for (double at = 10; at <= restart; at += 5) s.stall("frozen", istiod, at, 0, 0, 50);
        CHECK(before.inspect(s.tick(restart)).findings.size() == (restart > 65 ? 1 : 0));
        saved = before.save();
    }
    RulesDetector detector({rule}, {signal("frozen", SignalKind::stalled)});
    REQUIRE(detector.load(saved));
    for (double at = std::max(5.0, restart - 240); at <= restart + 60; at += 5) s.stall("frozen", istiod, at, 0, 0, 50);
    const auto found = detector.inspect(s.tick(restart + 60));
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].started_at == at(5));
    CHECK_FALSE(found.findings[0].ended_at);
    s.stall("frozen", istiod, restart + 65, 0, 1, 50);
    CHECK(detector.inspect(s.tick(restart + 65)).findings.at(0).ended_at == at(restart + 65));
}

TEST_CASE("a saved state that is none is refused, and nothing of it is taken") {
    const auto text = GENERATE(R"({"authz-denials")", "[]", R"({"authz-denials": 1})",
                               R"({"authz-denials": {"settled_to": "soon"}})", R"({"authz-denials": {"settled_to": -1}})",
                               R"({"authz-denials": {"settled_to": 253402300800000}})",
                               R"({"authz-denials": {"groups": [{}]}})", R"({"authz-denials": {"groups": [{"group": {"a": 1}}]}})",
                               R"({"authz-denials": {"groups": [{"group": {}, "firing": {"started_at": 1}}]}})",
                               R"({"authz-denials": {"groups": [{"group": {}, "waits": [[{}, "soon"]]}]}})");
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    const auto loaded = detector.load(text);
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().message == "the saved state of the rules is not what they save");
    CHECK(detector.save().empty());
}

TEST_CASE("between two readings of a signal with its own interval what the last one showed stands") {
    auto slow = signal("authz_denials");
    slow.interval = 5min;
    RulesDetector detector({denials_rule()}, {slow});
    auto s = script();
    s.partial("authz_denials");
    CHECK_FALSE(only_rule(detector.inspect(s.tick(0))).judged);
    s.count("authz_denials", shop_to_ledger, 14, 500);
    REQUIRE(detector.inspect(s.tick(15)).findings.size() == 1);
    for (int seconds = 30; seconds < 315; seconds += 15) {
        s.partial("authz_denials");
        const auto between = detector.inspect(s.tick(seconds));
        REQUIRE(between.findings.size() == 1);
        CHECK_FALSE(between.findings[0].ended_at);
        CHECK(only_rule(between).judged);
        CHECK(only_rule(between).health == RuleHealth::firing);
    }
    s.blind("authz_denials", "timed out");
    CHECK_FALSE(only_rule(detector.inspect(s.tick(315))).judged);
    s.partial("authz_denials");
    const auto late = detector.inspect(s.tick(330));
    CHECK(late.findings.empty());
    CHECK_FALSE(only_rule(late).judged);
    s.silent("authz_denials");
    const auto over = detector.inspect(s.tick(345));
    REQUIRE(over.findings.size() == 1);
    CHECK(over.findings[0].ended_at == at(74));
}

TEST_CASE("a window is never shorter than two scrape intervals and the threshold scales with it") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    Script s(60s);
    s.start();
    s.count("authz_denials", shop_to_ledger, 1, 20);
    const auto calm = detector.inspect(s.tick(2));
    CHECK(calm.findings.empty());
    CHECK(only_rule(calm).window == 120s);
    CHECK(only_rule(calm).threshold == 20);
    s.count("authz_denials", shop_to_ledger, 61, 1);
    CHECK(detector.inspect(s.tick(62)).findings.size() == 1);
}

TEST_CASE("what was over before its target began to fail stays over when history is read again") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    static_cast<void>(s.tick(500));  // settled up to here by the process before
    s.start().count("authz_denials", shop_to_ledger, 100, 20);
    for (int seconds = 105; seconds <= 495; seconds += 5) s.count("authz_denials", shop_to_ledger, seconds, 0);
    s.failing({{"job", "kubernetes-pods"}, {"instance", "10.0.0.1:15020"}});
    CHECK(detector.inspect(s.tick(505)).findings.empty());
}

TEST_CASE("blind and partial are never calm") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.count("authz_denials", shop_to_ledger, 1, 11);
    REQUIRE(detector.inspect(s.tick(2)).findings.size() == 1);
    SECTION("blind") {
        s.blind("authz_denials", "nothing is scraped");
        const auto found = detector.inspect(s.tick(200));
        CHECK(only_rule(found).health == RuleHealth::blind);
        CHECK(only_rule(found).cause == "nothing is scraped");
        CHECK_FALSE(only_rule(found).judged);
    }
    SECTION("blind without a word") {
        s.blind("authz_denials", "");
        CHECK(only_rule(detector.inspect(s.tick(200))).health == RuleHealth::blind);
    }
    SECTION("partial") {
        s.partial("authz_denials");
        CHECK_FALSE(only_rule(detector.inspect(s.tick(200))).judged);
    }
    SECTION("unreachable") {
        s.unreachable();
        CHECK_FALSE(only_rule(detector.inspect(s.tick(200))).judged);
    }
    SECTION("the target that took part fails: it cannot be seen whether it goes on") {
        s.silent("authz_denials").failing({{"job", "kubernetes-pods"}, {"instance", "10.0.0.1:15020"}});
        const auto found = detector.inspect(s.tick(100));
        REQUIRE(found.findings.size() == 1);
        CHECK(found.findings[0].blind);
        CHECK_FALSE(found.findings[0].ended_at);
        s.silent("authz_denials");
        CHECK(detector.inspect(s.tick(101)).findings.at(0).ended_at == at(101));
    }
}

TEST_CASE("overrides, exclusions and disabled rules") {
    auto rule = denials_rule();
    SECTION("a special threshold") {
        rule.overrides = {{{}, {*Matcher::parse("destination_service=\"ledger\"")}, 100}};
        RulesDetector detector({rule}, {signal("authz_denials")});
        auto s = script();
        s.count("authz_denials", shop_to_ledger, 1, 100);
        CHECK(detector.inspect(s.tick(2)).findings.empty());
        s.count("authz_denials", shop_to_ledger, 3, 1);
        CHECK(detector.inspect(s.tick(4)).findings.size() == 1);
        s.count("authz_denials", shop_to_ledger, 60, 6);
        const auto above_clear = detector.inspect(s.tick(65)).findings;
        REQUIRE(above_clear.size() == 1);
        CHECK_FALSE(above_clear[0].calm_since);
        s.silent("authz_denials");
        CHECK(detector.inspect(s.tick(121)).findings.at(0).calm_since == at(120));
    }
    SECTION("an action speaks of its subject") {
        rule.action = "Isolate {{ destination_service }}, {{ value }} > {{ threshold }}";
        RulesDetector detector({rule}, {signal("authz_denials")});
        auto s = script();
        s.count("authz_denials", shop_to_ledger, 1, 11);
        CHECK(detector.inspect(s.tick(2)).findings.at(0).action == "Isolate ledger, 11 > 10");
    }
    SECTION("an excluded source") {
        rule.exclude = {*Matcher::parse("source_workload=~\"cart|x\"")};
        RulesDetector detector({rule}, {signal("authz_denials")});
        auto s = script();
        s.count("authz_denials", shop_to_ledger, 1, 100);
        CHECK(detector.inspect(s.tick(2)).findings.empty());
    }
    SECTION("off") {
        rule.enabled = false;
        RulesDetector detector({rule}, {signal("authz_denials")});
        auto s = script();
        s.count("authz_denials", shop_to_ledger, 1, 100);
        const auto found = detector.inspect(s.tick(2));
        CHECK(found.findings.empty());
        CHECK(only_rule(found).health == RuleHealth::off);
    }
}

TEST_CASE("RBAC counters are judged only for what no labelled series explains") {
    RuleSpec rule;
    rule.name = "rbac-denials";
    rule.signal = "rbac_denials";
    rule.unexplained_by = "authz_denials";
    rule.by = {"destination_namespace", "destination_workload"};
    rule.threshold = 10;
    rule.hold = 20s;
    const Labels pod{{"destination_namespace", "pay"}, {"destination_workload", "ledger"}, {"refused_namespace", "pay"},
                     {"refused_by", "ledger"}, {"reason", "http"}};
    RulesDetector detector({rule}, {signal("rbac_denials")});
    auto s = script();
    s.silent("authz_denials");
    s.count("rbac_denials", pod, 1, 30);
    CHECK(detector.inspect(s.tick(2)).findings.empty());
    SECTION("the caller's series explains it a scrape later") {
        auto grpc = shop_to_ledger;
        grpc.set("reason", "grpc");
        s.silent("rbac_denials").count("authz_denials", grpc, 6, 25);
        CHECK(detector.inspect(s.tick(7)).findings.empty());
        s.silent("rbac_denials").silent("authz_denials");
        CHECK(detector.inspect(s.tick(50)).findings.empty());
    }
    SECTION("nobody explains it") {
        s.silent("rbac_denials").silent("authz_denials");
        const auto found = detector.inspect(s.tick(25));
        REQUIRE(found.findings.size() == 1);
        CHECK(found.findings[0].crossed_at == at(21));
        CHECK(found.findings[0].started_at == at(1));
    }
    SECTION("while the labelled series cannot be read nothing is judged") {
        s.silent("rbac_denials").partial("authz_denials");
        const auto found = detector.inspect(s.tick(25));
        CHECK(found.findings.empty());
        CHECK_FALSE(only_rule(found).judged);
    }
    SECTION("and where none is seen, nothing is judged, and that is no calm") {
        s.silent("rbac_denials").blind("authz_denials", "nothing is scraped");
        const auto found = detector.inspect(s.tick(25));
        CHECK_FALSE(only_rule(found).judged);
        CHECK(only_rule(found).health == RuleHealth::blind);
        CHECK(only_rule(found).cause == "authz_denials: nothing is scraped");
    }
}

TEST_CASE("the evidence says how many refusals the mesh itself made") {
    auto rule = denials_rule();
    rule.corroborated_by = "rbac_denials";
    RulesDetector detector({rule}, {signal("authz_denials")});
    const Labels pod{{"refused_namespace", "pay"}, {"refused_by", "ledger"}, {"reason", "http"}};
    auto s = script();
    auto grpc = shop_to_ledger;
    grpc.set("reason", "grpc");
    s.count("authz_denials", shop_to_ledger, 1, 14)
        .count("authz_denials", grpc, 1, 5)
        .count("rbac_denials", pod, 1, 13);
    const auto found = detector.inspect(s.tick(2));
    REQUIRE(found.findings.size() == 1);
    REQUIRE_FALSE(found.findings[0].evidence.notes.empty());
    CHECK_THAT(found.findings[0].evidence.notes[0], Catch::Matchers::Contains("between 8 and 13 of the 14"));
}

TEST_CASE("refusals of one workload are not credited to each of its services in full") {
    auto rule = denials_rule();
    rule.corroborated_by = "rbac_denials";
    rule.exclude_text = {R"(source_workload="scanner")"};
    rule.exclude = {Matcher::parse(R"(source_workload="scanner")").value()};
    const Labels waypoint{{"refused_namespace", "pay"}, {"refused_by", "ledger"}, {"reason", "http"}};
    auto shop = shop_to_ledger;
    shop.set("destination_service", "shop");
    auto scanner = shop_to_ledger;
    scanner.set("source_workload", "scanner");
    const auto notes = [&](double refused) {
        RulesDetector fresh({rule}, {signal("authz_denials")});
        auto s = script();
        s.count("authz_denials", shop_to_ledger, 1, 20)
            .count("authz_denials", shop, 1, 15)
            .count("authz_denials", scanner, 1, 7)
            .count("rbac_denials", waypoint, 1, refused);
        std::vector<std::string> texts;
        for (const auto& finding : fresh.inspect(s.tick(2)).findings) texts.push_back(finding.evidence.notes.at(0));
        REQUIRE(texts.size() == 2);
        return texts;
    };
    CHECK_THAT(notes(20)[0], Catch::Matchers::Contains("between 0 and 20 of the 20"));
    CHECK_THAT(notes(20)[1], Catch::Matchers::Contains("between 0 and 15 of the 15"));
    CHECK_THAT(notes(30)[0], Catch::Matchers::Contains("between 8 and 20 of the 20"));
    CHECK_THAT(notes(42)[0], Catch::Matchers::Contains("all of the 20"));
    CHECK_THAT(notes(42)[1], Catch::Matchers::Contains("all of the 15"));
}

TEST_CASE("corroboration says a number only where it can be told") {
    CHECK(corroboration(0, 3, 3).empty());
    CHECK_THAT(corroboration(9, 0, 0), Catch::Matchers::Contains("none of the 9"));
    CHECK_THAT(corroboration(9, 0, 9), Catch::Matchers::Contains("all of the 9"));
    CHECK_THAT(corroboration(14, 0, 8), Catch::Matchers::Contains(" 8 of the 14"));
    CHECK_THAT(corroboration(14, 5, 13), Catch::Matchers::Contains("between 8 and 13"));
    CHECK_THAT(corroboration(14, 5, 19), Catch::Matchers::Contains("all of the 14"));
}

TEST_CASE("slow pushes fire by number or by share") {
    RuleSpec rule;
    rule.name = "slow-convergence";
    rule.signal = "slow_convergence";
    rule.window = 5min;
    rule.threshold = 4;
    rule.share = ShareLimit{0.01, 100};
    struct Case {
        double slow, all;
        bool fires;
    };
    for (const auto& c :
         std::vector<Case>{{4, 50, false}, {5, 50, true}, {2, 100, true}, {1, 100, false}, {2, 99, false}}) {
        INFO(c.slow << " of " << c.all);
        RulesDetector detector({rule}, {signal("slow_convergence", SignalKind::histogram_tail)});
        auto s = script();
        s.count("slow_convergence", {{"cluster", "c"}}, 1, c.slow, c.all);
        CHECK(detector.inspect(s.tick(2)).findings.size() == (c.fires ? 1 : 0));
    }
}

TEST_CASE("proxies lost: a share of the highest level of the last hour") {
    RuleSpec rule;
    rule.name = "proxies-lost";
    rule.signal = "proxies_connected";
    rule.threshold = 0.1;
    auto spec = signal("proxies_connected", SignalKind::drop);
    RulesDetector detector({rule}, {spec});
    auto s = script();
    const Labels a{{"instance", "a"}}, b{{"instance", "b"}};
    const auto level = [&](double seconds, double of_a, double of_b, bool gone = false) {
        s.level("proxies_connected", SignalKind::drop, a, seconds, of_a, gone)
            .level("proxies_connected", SignalKind::drop, b, seconds, of_b);
        return detector.inspect(s.tick(seconds)).findings;
    };
    CHECK(level(1, 50, 50).empty());
    CHECK(level(40, 45, 45).empty());
    const auto found = level(60, 44, 45);
    REQUIRE(found.size() == 1);
    CHECK(found[0].value == Approx(0.11));
    CHECK(level(80, 0, 100, true).at(0).ended_at == at(80));
    CHECK(level(3700, 0, 100).empty());
}

TEST_CASE("the frozen mesh: changes leave debounce and nothing follows") {
    RuleSpec rule;
    rule.name = "mesh-frozen";
    rule.signal = "mesh_frozen";
    rule.threshold = 60;
    RulesDetector detector({rule}, {signal("mesh_frozen", SignalKind::stalled)});
    auto s = script();
    const auto tick = [&](double seconds, double rises, double follows, double gate) {
        s.stall("mesh_frozen", {{"instance", "istiod"}}, seconds, rises, follows, gate);
        return detector.inspect(s.tick(seconds)).findings;
    };
    CHECK(tick(1, 1, 10, 50).empty());
    CHECK(tick(5, 1, 0, 50).empty());
    CHECK(tick(60, 1, 0, 50).empty());
    const auto found = tick(66, 1, 0, 50);
    REQUIRE(found.size() == 1);
    CHECK(found[0].started_at == at(5));
    CHECK(tick(70, 0, 40, 50).at(0).ended_at == at(70));
    CHECK(tick(75, 1, 0, 0).empty());
    CHECK(tick(200, 0, 0, 0).empty());
}

TEST_CASE("a frozen istiod that goes is frozen no more; one that fails to be scraped, or was not asked about, still is") {
    RuleSpec rule;
    rule.name = "mesh-frozen";
    rule.signal = "mesh_frozen";
    rule.threshold = 60;
    RulesDetector detector({rule}, {signal("mesh_frozen", SignalKind::stalled)});
    auto s = script();
    s.stall("mesh_frozen", {{"instance", "a"}}, 5, 1, 0, 50).stall("mesh_frozen", {{"instance", "a"}}, 70, 1, 0, 50);
    REQUIRE(detector.inspect(s.tick(70)).findings.size() == 1);
    s.silent("mesh_frozen").failing({{"instance", "a"}, {"job", "kubernetes-pods"}});
    CHECK_FALSE(detector.inspect(s.tick(100)).findings.at(0).ended_at);
    s.partial("mesh_frozen");
    detector.inspect(s.tick(120));
    s.stall("mesh_frozen", {{"instance", "a"}}, 125, 1, 0, 50);
    const auto goes_on = detector.inspect(s.tick(125)).findings;
    REQUIRE(goes_on.size() == 1);
    CHECK_FALSE(goes_on[0].ended_at);
    CHECK(goes_on[0].started_at == at(5));
    s.silent("mesh_frozen");
    CHECK_FALSE(detector.inspect(s.tick(235)).findings.at(0).ended_at);  // its samples come 55 s apart
    s.silent("mesh_frozen");
    CHECK(detector.inspect(s.tick(236)).findings.at(0).ended_at == at(236));
}

TEST_CASE("our own sight: lost coverage and a Prometheus that does not answer") {
    RuleSpec lost;
    lost.name = "coverage-lost";
    lost.signal = "coverage";
    lost.threshold = 0.2;
    lost.hold = 10s;
    const RuleSpec rule = lost;
    RuleSpec gone = lost;
    gone.name = "prometheus-unreachable";
    gone.threshold = 0;
    gone.hold = 30s;
    SECTION("targets fail") {
        RulesDetector detector({lost}, {});
        auto s = script();
        s.covered("authz_denials", 40);
        CHECK(detector.inspect(s.tick(0)).findings.empty());
        s.covered("authz_denials", 31);
        CHECK(detector.inspect(s.tick(1)).findings.empty());
        s.covered("authz_denials", 31);
        const auto found = detector.inspect(s.tick(12)).findings;
        REQUIRE(found.size() == 1);
        CHECK(found[0].kind == IncidentKind::coverage);
        CHECK_THAT(found[0].evidence.notes.at(0), Catch::Matchers::Contains("31 targets, on 40 before"));
        s.covered("authz_denials", 40);
        CHECK(detector.inspect(s.tick(13)).findings.at(0).ended_at == at(13));
    }
    SECTION("a family not created yet after a restart is no loss, unless targets fail or none shows it") {
        const Labels failing{{"job", "kubernetes-pods"}, {"instance", "x"}};
        for (const auto& [covered, fails, missed] :
             std::vector<std::tuple<int, int, bool>>{{20, 0, false}, {20, 1, false}, {20, 20, true}, {0, 0, true}}) {
            RulesDetector detector({rule}, {});
            auto s = script();
            s.covered("authz_denials", 40, 40);
            detector.inspect(s.tick(0));
            std::size_t found = 0;
            for (const double seconds : {1.0, 12.0}) {
                s.covered("authz_denials", covered, 40);
                for (int i = 0; i < fails; ++i) s.failing(failing);
                found = detector.inspect(s.tick(seconds)).findings.size();
            }
            CHECK(found == (missed ? 1 : 0));
        }
    }
    SECTION("no answer") {
        RulesDetector detector({gone}, {});
        auto s = script();
        CHECK(detector.inspect(s.tick(0)).findings.empty());
        s.unreachable();
        CHECK(detector.inspect(s.tick(10)).findings.empty());
        s.unreachable();
        CHECK(detector.inspect(s.tick(41)).findings.size() == 1);
        CHECK(detector.inspect(s.tick(42)).findings.at(0).ended_at == at(42));
    }
}

TEST_CASE("a start while Prometheus does not answer ends nothing that was told of it") {
    RuleSpec rule;
    rule.name = "prometheus-unreachable";
    rule.signal = "coverage";
    rule.hold = 30s;
    RulesDetector detector({rule}, {});
    Script s;
    for (const int seconds : {0, 10, 29}) {
        s.unreachable();
        const auto unknown = detector.inspect(s.tick(seconds));
        CHECK(unknown.findings.empty());
        CHECK_FALSE(only_rule(unknown).judged);
        CHECK(only_rule(unknown).cause == "refused");
    }
    s.unreachable();
    detector.inspect(s.tick(31));
    s.unreachable();
    const auto down = detector.inspect(s.tick(60));
    CHECK(down.findings.size() == 1);
    CHECK(only_rule(down).judged);
    CHECK(detector.inspect(s.tick(65)).findings.at(0).ended_at == at(65));

    RulesDetector reached({rule}, {});
    Script t;
    CHECK(only_rule(reached.inspect(t.start().tick(0))).judged);
    t.unreachable();
    CHECK(only_rule(reached.inspect(t.tick(5))).judged);
}

TEST_CASE("evidence grows with a burst that is scraped pod by pod, and then stays frozen") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    s.count("authz_denials", shop_to_ledger, 1, 20);
    CHECK(detector.inspect(s.tick(2)).findings.at(0).evidence.top_sources.at(0).value == 20);
    auto other_pod = shop_to_ledger;
    other_pod.set("pod", "ledger-b");
    s.count("authz_denials", other_pod, 4, 20);
    const auto whole = detector.inspect(s.tick(5)).findings.at(0);
    CHECK(whole.value == 40);
    CHECK(whole.evidence.series.size() == 2);
    CHECK(whole.evidence.top_sources.at(0).value == 40);
    s.count("authz_denials", shop_to_ledger, 90, 300);
    const auto later = detector.inspect(s.tick(91));
    CHECK(later.findings.back().value == 300);
}

TEST_CASE("evidence is bounded and says what was cut") {
    RulesDetector detector({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    for (int i = 0; i < 30; ++i) {
        auto labels = shop_to_ledger;
        labels.set("source_workload", "w" + std::to_string(i));
        s.count("authz_denials", labels, 1, i + 1);
    }
    const auto found = detector.inspect(s.tick(2)).findings;
    REQUIRE(found.size() == 1);
    const auto& evidence = found[0].evidence;
    CHECK(evidence.series.size() == Evidence::max_series);
    CHECK(evidence.series[0].increment == 30);
    CHECK(evidence.top_sources.size() == Evidence::max_sources);
    CHECK(evidence.truncated);
    CHECK(evidence.notes.size() == 2);
}

TEST_CASE("the same state and snapshot give the same findings") {
    RulesDetector one({denials_rule()}, {signal("authz_denials")}), two({denials_rule()}, {signal("authz_denials")});
    auto s = script();
    for (int i = 0; i < 100; ++i) {
        s.count("authz_denials", shop_to_ledger, i, (i * 7) % 5);
        const auto snapshot = s.tick(i + 0.5);
        const auto a = one.inspect(snapshot), b = two.inspect(snapshot);
        REQUIRE(a.findings.size() == b.findings.size());
        for (std::size_t k = 0; k < a.findings.size(); ++k) CHECK(a.findings[k].summary == b.findings[k].summary);
    }
}

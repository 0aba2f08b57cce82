// What every Store must do, in memory and on a file.
#include <ctime>

#include "tests/incidents/builders.hpp"

using namespace meshwarden;
using namespace meshwarden::incidents;
using namespace meshwarden::incidents::test;

namespace {

std::vector<std::string> services(const IncidentPage& page) {
    std::vector<std::string> names;
    for (const auto& incident : page.incidents) names.emplace_back(incident.labels.get("destination_service"));
    return names;
}

Action action(EventKind kind, std::string note = {}) {
    Action action{.kind = kind, .note = std::move(note), .by = "alice"};
    if (kind == EventKind::assigned) action.assignee = "bob";
    return action;
}

}  // namespace

TEST_CASE("store: an incident opens, is told, resolves, and explains itself") {
    Folder folder;
    auto store = must(open_store(GENERATE(true, false) ? "sqlite::memory:" : folder.url()));
    const auto opened = must(store->commit(tick(1s, {finding({})}), options()));
    REQUIRE(opened.changes.size() == 1);
    CHECK(opened.changes[0].first == EventKind::opened);
    CHECK(opened.notices == 1);
    const auto id = opened.changes[0].second.id;
    const auto closed = must(store->commit(tick(5s, {}), options()));
    REQUIRE(closed.changes.size() == 1);
    CHECK(closed.changes[0].first == EventKind::resolved);

    const auto detail = must(store->incident(id));
    REQUIRE(detail);
    CHECK(detail->incident.state == IncidentState::resolved);
    CHECK(detail->incident.labels == finding({}).labels);
    CHECK(detail->incident.techniques == std::vector<std::string>{"T1078"});
    CHECK(detail->incident.window == 60s);
    CHECK(detail->incident.crossed_at == start);
    REQUIRE(detail->timeline.size() == 2);
    CHECK(detail->timeline[0].seq == 1);
    CHECK(detail->timeline[0].at == start + 1s);
    CHECK(detail->timeline[1].kind == EventKind::resolved);
    REQUIRE(detail->deliveries.size() == 2);
    CHECK(detail->deliveries[0].notice.incident.state == IncidentState::open);
    CHECK(detail->deliveries[1].notice.incident.state == IncidentState::resolved);
    const auto& evidence = detail->evidence;
    REQUIRE(evidence.series.size() == 1);
    CHECK(evidence.series[0].points == finding({}).evidence.series[0].points);
    CHECK(evidence.series[0].increment == 12);
    CHECK(evidence.top_sources.at(0).labels.get("source_workload") == "web");
    CHECK(evidence.notes == finding({}).evidence.notes);
    CHECK_FALSE(must(store->incident("000000000000000000000000")));
    CHECK(must(store->verify()).whole);
}

TEST_CASE("store: evidence is cut to what an incident may keep, and says so") {
    auto store = must(open_store("sqlite::memory:"));
    auto big = finding({});
    big.evidence.series.resize(30, big.evidence.series[0]);
    big.evidence.top_sources.resize(30, big.evidence.top_sources[0]);
    const auto outcome = must(store->commit(tick(1s, {big}), options()));
    const auto detail = must(store->incident(outcome.changes.at(0).second.id));
    CHECK(detail->evidence.series.size() == 20);
    CHECK(detail->evidence.top_sources.size() == 10);
    CHECK(detail->evidence.truncated);
}

TEST_CASE("store: hostile text and numbers are kept, not obeyed") {
    auto store = must(open_store("sqlite::memory:"));
    auto hostile = finding({.service = "'; DROP TABLE incidents; --"});
    hostile.labels.set("pod", "\xff\xfe \"</script>");
    hostile.summary = std::string("a\0b", 3);
    hostile.threshold = std::numeric_limits<double>::infinity();
    const auto outcome = must(store->commit(tick(1s, {hostile}), options()));
    const auto detail = must(store->incident(outcome.changes.at(0).second.id));
    CHECK(detail->incident.labels.get("destination_service") == "'; DROP TABLE incidents; --");
    CHECK(detail->incident.labels.get("pod").ends_with(" \"</script>"));
    CHECK(detail->incident.summary.size() == 3);
    CHECK(must(store->verify()).whole);
}

TEST_CASE("store: incidents are listed newest first, by pages and filters") {
    auto store = must(open_store("sqlite::memory:"));
    const std::vector<std::string> names{"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; ++i) {
        std::vector<Finding> found;
        for (int j = 1; j <= i; ++j) found.push_back(finding({.service = names[std::size_t(j)]}));
        if (i == 0) found.push_back(finding({.service = "a", .severity = Severity::low}));
        must(store->commit(tick(i * 1s, found), options()));
    }
    CHECK(services(must(store->incidents({}))) == std::vector<std::string>{"e", "d", "c", "b", "a"});

    IncidentFilter filter;
    filter.limit = 2;
    auto page = must(store->incidents(filter));
    CHECK(services(page) == std::vector<std::string>{"e", "d"});
    CHECK(is_cursor(page.next_cursor));
    filter.cursor = page.next_cursor;
    page = must(store->incidents(filter));
    CHECK(services(page) == std::vector<std::string>{"c", "b"});
    filter.cursor = page.next_cursor;
    page = must(store->incidents(filter));
    CHECK(services(page) == std::vector<std::string>{"a"});
    CHECK(page.next_cursor.empty());

    CHECK(services(must(store->incidents({.states = {IncidentState::resolved}}))) == std::vector<std::string>{"a"});
    CHECK(services(must(store->incidents({.severities = {Severity::low, Severity::info}})))
          == std::vector<std::string>{"a"});
    CHECK(must(store->incidents({.rule = "other"})).incidents.empty());
    CHECK(services(must(store->incidents({.since = start + 2s, .until = start + 3s})))
          == std::vector<std::string>{"d", "c"});
    const auto matcher = must(Matcher::parse("destination_service=~\"b|d\""));
    CHECK(services(must(store->incidents({.match = {matcher}, .limit = 1}))) == std::vector<std::string>{"d"});
    const auto rule = must(Matcher::parse("alertname=\"authz-denials\""));
    CHECK(services(must(store->incidents({.match = {rule}, .limit = -5})))
          == std::vector<std::string>{"e"});
    CHECK_FALSE(is_cursor("'; --"));
}

TEST_CASE("store: people act, and their names are in the log") {
    auto store = must(open_store("sqlite::memory:"));
    const auto id = must(store->commit(tick(1s, {finding({})}), options())).changes.at(0).second.id;
    const auto acknowledged = store->act(id, action(EventKind::acknowledged, "mine"), start + 2s, options());
    REQUIRE(acknowledged);
    CHECK(acknowledged->state == IncidentState::acknowledged);
    const auto again = store->act(id, action(EventKind::acknowledged), start + 3s, options());
    REQUIRE(again);
    CHECK(again->version == 2);
    CHECK(store->act(id, action(EventKind::assigned), start + 4s, options())->assignee == "bob");
    REQUIRE(store->act(id, action(EventKind::commented, "a note"), start + 5s, options()));
    CHECK(store->act(id, action(EventKind::resolved), start + 6s, options())->resolve_reason == "user");
    CHECK(store->act(id, action(EventKind::resolved), start + 7s, options()).error() == ActionError::already_resolved);
    CHECK(store->act("none", action(EventKind::resolved), start, options()).error() == ActionError::not_found);
    auto outdated = action(EventKind::commented);
    outdated.if_version = 1;
    CHECK(store->act(id, outdated, start + 8s, options()).error() == ActionError::version_mismatch);
    CHECK(must(store->commit(tick(9s, {finding({.value = 20})}), options())).changes.empty());

    const auto timeline = must(store->incident(id))->timeline;
    REQUIRE(timeline.size() == 5);
    CHECK(timeline[1].by == "alice");
    CHECK(timeline[1].note == "mine");
    CHECK(timeline[3].note == "a note");
    const auto events = must(store->events_after(2, 2));
    REQUIRE(events.size() == 2);
    CHECK(events[0].seq == 3);
    CHECK(events[0].incident == id);
    CHECK(events[0].hash == timeline[2].hash);
    CHECK(must(store->verify()).whole);
}

TEST_CASE("store: rules that are gone, and who was told of what") {
    auto store = must(open_store("sqlite::memory:"));
    const auto critical = finding({.service = "other", .severity = Severity::critical});
    must(store->commit(tick(1s, {finding({}), critical}), options()));
    CHECK(must(store->told("secops", start)).size() == 2);
    CHECK(must(store->told("oncall", start)).size() == 1);
    CHECK(must(store->retire({{"authz-denials"}, {"main"}, all_targets}, start + 5s, options())).changes.empty());
    const auto outcome = must(store->retire({{}, {"main"}, all_targets}, start + 5s, options()));
    CHECK(outcome.changes.size() == 2);
    CHECK(outcome.notices == 3);
    CHECK(must(store->told("secops", start + 4s)).size() == 2);
    CHECK(must(store->told("secops", start + 5s)).empty());
}

TEST_CASE("store: what waits for a target that is no longer configured is given up, and stays so") {
    auto store = must(open_store("sqlite::memory:"));
    auto renamed = options();
    renamed.routes = {{.match_text = {}, .match = {}, .targets = {"sec"}, .goes_on = false}};
    must(store->commit(tick(1s, {live()}), options()));
    REQUIRE(must(store->claim("secops", start + 2s, start + 30s)));
    const auto outcome = must(store->retire({{"authz-denials"}, {"main"}, {"sec"}}, start + 5s, renamed));
    CHECK(outcome.given_up == 1);
    CHECK(outcome.notices == 1);
    CHECK(must(store->claim("sec", start + 5s, start + 30s))->reason == NoticeReason::opened);
    must(store->commit(tick(10s, {}), renamed));
    const auto dead = must(store->deliveries({.states = {DeliveryState::dead}}));
    REQUIRE(dead.size() == 1);
    CHECK(dead[0].notice.target == "secops");
    CHECK(dead[0].error == "the target is no longer configured");
    const auto status = must(store->status());
    CHECK(status.pending_by_target == std::map<std::string, int>{{"sec", 2}});
    CHECK(status.oldest_pending == start + 5s);

    CHECK(must(store->retire({{"authz-denials"}, {"main"}, {"sec", "secops"}}, start + 20s, options())).notices == 0);
    CHECK_FALSE(must(store->claim("secops", start + 20s, start + 50s)));
    CHECK(must(store->verify()).whole);
}

TEST_CASE("store: cursors, coverage, verdicts and detectors' states are as last committed") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    CHECK_FALSE(must(store->cursor("main")));
    auto first = tick(1s, {});
    Reading reading{.signal = "retries", .kind = SignalKind::ratio, .answered = true, .coverage = {}, .updates = {}};
    reading.coverage = {.sight = Sight::zero, .value = 0, .covered = 3, .expected = 10, .possibly_missed = true,
                        .cause = {.code = "partial", .text = "3 of 10"}, .fix = {.text = "set", .yaml = "a: b"},
                        .checked_at = start};
    first.readings = {reading};
    first.detector_states = {{"anomaly", std::string("\0\x01 bytes", 8)}};
    must(store->commit(first, options()));
    auto unreachable = tick(6s, {}, unjudged());
    unreachable.reachable = false;
    must(store->commit(unreachable, options()));

    store = must(open_store(folder.url()));
    CHECK(must(store->cursor("main")) == first.at);
    const auto coverage = must(store->coverage("main"));
    REQUIRE(coverage.size() == 1);
    CHECK(coverage[0].kind == SignalKind::ratio);
    CHECK(coverage[0].coverage.sight == Sight::zero);
    CHECK(coverage[0].coverage.covered == 3);
    CHECK(coverage[0].coverage.possibly_missed);
    CHECK(coverage[0].coverage.cause.text == "3 of 10");
    CHECK(coverage[0].coverage.fix.yaml == "a: b");
    CHECK(must(store->coverage("other")).empty());
    const auto verdicts = must(store->rule_verdicts("main"));
    REQUIRE(verdicts.size() == 1);
    CHECK(verdicts[0].health == RuleHealth::blind);
    CHECK(verdicts[0].cause == "partial answer");
    CHECK(verdicts[0].window == 60s);
    CHECK(must(store->detector_state("anomaly")) == first.detector_states["anomaly"]);
    CHECK(must(store->detector_state("none")).empty());
}

TEST_CASE("store: everything survives a reopening of the file") {
    Folder folder;
    must(must(open_store(folder.url()))->commit(tick(1s, {finding({.severity = Severity::critical})}), options()));
    auto store = must(open_store(folder.url()));
    CHECK(must(store->commit(tick(6s, {finding({})}), options())).changes.empty());
    CHECK(must(store->claim("oncall", start + 6s, start + 60s)));
    CHECK(must(store->claim("secops", start + 6s, start + 60s)));
    const auto status = must(store->status());
    CHECK(status.head_seq == 1);
    CHECK(status.head_hash == must(store->events_after(0, 10)).at(0).hash);
    CHECK(status.open_by_severity.at("critical") == 1);
    CHECK(status.pending_by_target.at("secops") == 1);
    CHECK(status.dead_by_target.empty());
    CHECK(status.oldest_pending == start + 1s);
    CHECK(status.cursors.at("main") == start + 5s);
    CHECK(status.size_bytes > 4096);
}

#ifdef NDEBUG
constexpr double longest_tick = 1;
#else
constexpr double longest_tick = 5;  // unoptimised, perhaps with sanitizers
#endif

TEST_CASE("store: five hundred findings in one tick take less than a second") {
    Folder folder;
    auto store = must(open_store(folder.url()));
    std::vector<Finding> findings;
    for (int i = 0; i < 500; ++i) {
        findings.push_back(finding({.service = "service-" + std::to_string(i)}));
        findings.back().evidence.series.resize(20, findings.back().evidence.series[0]);
    }
    const auto timed = [&](const Tick& tick) {
        const auto before = std::clock();  // of this process: other work on the machine does not count
        const auto outcome = must(store->commit(tick, options()));
        const double took = double(std::clock() - before) / CLOCKS_PER_SEC;
        UNSCOPED_INFO(outcome.changes.size() << " changes took " << took << " s");
        CHECK(took < longest_tick);
        return outcome;
    };
    CHECK(timed(tick(1s, findings)).changes.size() == 500);
    CHECK(timed(tick(6s, findings)).changes.empty());
    CHECK(timed(tick(11s, {})).changes.size() == 500);
    CHECK(must(store->verify()).whole);
}

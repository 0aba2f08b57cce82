// The topology detector over days of a small mesh, as the collector shows it: running totals, read every five minutes.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "anomaly/topology_detector.hpp"
#include "tests/catch.hpp"
#include "tests/rules/mesh_script.hpp"

using namespace meshwarden;
using namespace meshwarden::anomaly;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> by_edge{"source_namespace", "source_workload", "destination_namespace",
                                       "destination_workload"};
const std::vector<std::string> by_source{"source_namespace", "source_workload"};

std::vector<RuleSpec> rules() {
    std::vector<RuleSpec> all;
    const auto add = [&](const std::string& name, const std::vector<std::string>& by, Severity severity) {
        RuleSpec rule;
        rule.name = name;
        rule.learned = true;
        rule.by = by;
        rule.severity = severity;
        rule.quiet = 1h;
        rule.summary = "{{ value }} of {{ threshold }}";
        all.push_back(rule);
    };
    add("tcp-new-edge", by_source, Severity::low);
    add("topology-new-edge", by_source, Severity::medium);
    for (const char* kind : {"burst", "ramp", "off-hours"})
        add(std::string("topology-") + kind, by_edge, Severity::medium);
    add("topology-fan-out", by_source, Severity::high);
    add("topology-fan-in", {"destination_namespace", "destination_workload"}, Severity::medium);
    add("topology-lateral", by_source, Severity::high);
    for (const char* kind : {"beacon", "identity"}) add(std::string("topology-") + kind, by_edge, Severity::high);
    add("topology-vanished", by_edge, Severity::low);
    return all;
}

struct Call {
    std::string source, destination;  // NAMESPACE/WORKLOAD
    std::string protocol = "http";
    std::string principal = "default";
    auto operator<=>(const Call&) const = default;
};

Labels labels_of(const Call& call) {
    const auto part = [](const std::string& name, bool space) {
        const auto slash = name.find('/');
        return space ? name.substr(0, slash) : name.substr(slash + 1);
    };
    return {{"source_namespace", part(call.source, true)},
            {"source_workload", part(call.source, false)},
            {"source_principal", call.principal},
            {"destination_namespace", part(call.destination, true)},
            {"destination_workload", part(call.destination, false)},
            {"protocol", call.protocol}};
}

// Twelve workloads, each calling three others, with a rhythm of days.
class Mesh {
public:
    explicit Mesh(Options options = {}) : topology(options, rules()) {
        script.start();
        for (int i = 0; i < 12; ++i)
            for (const int step : {1, 3, 4}) calls_[{name(i), name((i + step) % 12)}] = 1000;
    }
    static std::string name(int i) { return (i < 6 ? "shop/w" : "pay/w") + std::to_string(i); }

    void call(const Call& call, double count) { extra_[call] += count; }
    // What was called until `days`; gives what is firing then.
    Inspection play(double days, const std::function<void(Mesh&)>& each = {}) {
        Inspection last;
        while (now_ < days * 86400) last = step(each);
        return last;
    }
    Inspection step(const std::function<void(Mesh&)>& each = {}) {
        now_ += 300;
        const double mean = 40 * (1 + 0.5 * std::cos(now_ / 86400 * 2 * std::numbers::pi));
        for (auto& [call, total] : calls_) total += std::poisson_distribution<int>(mean)(random_);
        if (each) each(*this);
        for (const auto& [call, count] : extra_) calls_[call] += count;
        extra_.clear();
        for (const auto& [call, total] : calls_)
            if (!hidden.contains(call.destination)) script.edge(shown(call), total);
        if (!hidden.empty()) script.failing({{"instance", "x"}});
        auto snapshot = script.tick(now_);
        snapshot.rolled_out = rolled_out;
        snapshot.expectations = expectations;
        if (teaching) snapshot.since = snapshot.at;
        return topology.inspect(snapshot);
    }
    double days() const { return now_ / 86400; }

    TopologyDetector topology;
    tests::Script script;
    std::vector<Labels> rolled_out;
    std::set<std::string> hidden;  // destinations that cannot be scraped
    std::shared_ptr<const Expectations> expectations;
    bool teaching = false, shows_principals = true;

private:
    Labels shown(const Call& call) const {
        auto labels = labels_of(call);
        if (!shows_principals) labels.set("source_principal", "");
        return labels;
    }

    std::map<Call, double> calls_;
    std::map<Call, double> extra_;
    std::minstd_rand random_{7};
    double now_ = 300 * 12;
};

std::vector<std::string> names(const Inspection& inspection) {
    std::vector<std::string> found;
    for (const auto& finding : inspection.findings) found.push_back(finding.rule);
    return found;
}

const Finding* find(const Inspection& inspection, const std::string& rule) {
    const auto found = std::ranges::find(inspection.findings, rule, &Finding::rule);
    return found == inspection.findings.end() ? nullptr : &*found;
}

std::string notes(const Finding& finding) {
    std::string all;
    for (const auto& note : finding.evidence.notes) all += note + "\n";
    return all;
}

const std::string last = Mesh::name(11);

}  // namespace

TEST_CASE("a burst is one incident of its edge, with what is usual, and lasts as long as it is odd") {
    Mesh mesh;
    REQUIRE(names(mesh.play(6)).empty());
    const Call call{Mesh::name(0), Mesh::name(1)};
    mesh.call(call, 2000);
    mesh.step();
    const auto found = mesh.step([&](Mesh& m) { m.call(call, 2000); });
    REQUIRE(names(found) == std::vector<std::string>{"topology-burst"});
    const auto& burst = found.findings[0];
    CHECK(burst.kind == IncidentKind::anomaly);
    CHECK(burst.severity == Severity::medium);
    CHECK(burst.value > 2000);
    CHECK(burst.value > 3 * burst.threshold);
    CHECK_THAT(notes(burst), Catch::Matchers::Contains("from shop/w0 to shop/w1, expected about"));
    CHECK(names(mesh.play(mesh.days() + 0.1, [&](Mesh& m) { m.call(call, 2000); })) == names(found));
    CHECK(names(mesh.play(mesh.days() + 0.2)).empty());
    const auto& edges = mesh.topology.topology()->edges;
    const auto edge = std::ranges::find(edges, labels_of(call).get("destination_workload"),
                                        [](const auto& e) { return e.labels.get("destination_workload"); });
    REQUIRE(edge != edges.end());
}

TEST_CASE("a scan is one incident that lists its edges, not one for each") {
    Mesh mesh;
    mesh.play(6);
    const auto scan = [](Mesh& m) {
        for (int i = 0; i < 9; ++i) m.call({"shop/w2", "pay/scanned" + std::to_string(i)}, 1);
    };
    mesh.step(scan);
    const auto found = mesh.step();
    REQUIRE(find(found, "topology-fan-out"));
    CHECK(find(found, "topology-fan-out")->severity == Severity::high);
    CHECK_THAT(notes(*find(found, "topology-fan-out")), Catch::Matchers::Contains("shop/w2 -> pay/scanned8"));
    CHECK(!find(found, "topology-new-edge"));
    CHECK(!find(found, "topology-fan-in"));
    CHECK(found.findings.size() == 1);
}

TEST_CASE("a scan that began in the interval before lists what it reached there too, each once") {
    Mesh mesh;
    mesh.play(6);
    const auto reach = [](int first, int end) {
        return [=](Mesh& m) {
            for (int i = first; i < end; ++i) m.call({"shop/w2", "pay/scanned" + std::to_string(i)}, 1);
        };
    };
    mesh.step(reach(0, 2));
    mesh.step(reach(2, 9));
    const auto found = mesh.step();
    const auto* fan = find(found, "topology-fan-out");
    REQUIRE(fan);
    CHECK(fan->value == 9);
    for (int i = 0; i < 9; ++i) {
        const auto about = "shop/w2 -> pay/scanned" + std::to_string(i) + ":";
        CHECK(std::ranges::count_if(fan->evidence.notes, [&](const auto& n) { return n.find(about) != n.npos; }) == 1);
    }
}

TEST_CASE("a chain of new edges is told as lateral movement") {
    Mesh mesh;
    mesh.play(6);
    mesh.step([](Mesh& m) { m.call({"shop/w0", "pay/w7"}, 3); });
    mesh.step([](Mesh& m) { m.call({"pay/w7", "shop/w2"}, 3); });
    const auto found = mesh.step();
    const auto* chain = find(found, "topology-lateral");
    REQUIRE(chain);
    CHECK(chain->severity == Severity::high);
    CHECK(chain->subject.get("source_workload") == "w7");
    CHECK_THAT(notes(*chain), Catch::Matchers::Contains("shop/w0 had reached pay/w7"));
    for (const auto& finding : found.findings)
        CHECK(!(finding.rule == "topology-new-edge" && finding.subject.get("source_workload") == "w7"));
}

TEST_CASE("new edges: worse into another namespace, low within an hour of a rollout, TCP at once") {
    struct Case {
        const char* what;
        Call call;
        bool rollout;
        std::string rule;
        Severity severity;
    };
    const auto c = GENERATE(values<Case>({
        {"same namespace", {"shop/w0", "shop/w2"}, false, "topology-new-edge", Severity::medium},
        {"into another", {"shop/w0", "pay/w8"}, false, "topology-new-edge", Severity::high},
        {"rollout", {"shop/w0", "pay/w8"}, true, "topology-new-edge", Severity::low},
        {"tcp", {"shop/w0", "pay/w8", "tcp"}, false, "tcp-new-edge", Severity::low},
    }));
    CAPTURE(c.what);
    Mesh mesh;
    mesh.play(6);
    if (c.rollout) mesh.rolled_out = {{{"source_namespace", "shop"}, {"source_workload", "w0"}}};
    auto found = mesh.step([&](Mesh& m) { m.call(c.call, 3); });
    CHECK(names(found) == (c.rule == "tcp-new-edge" ? std::vector<std::string>{c.rule} : std::vector<std::string>{}));
    found = mesh.step();
    REQUIRE(names(found) == std::vector<std::string>{c.rule});
    CHECK(found.findings[0].severity == c.severity);
    CHECK(found.findings[0].value == 1);
}

TEST_CASE("a principal that an edge never used is told, old ones that come and go are not") {
    Mesh mesh;
    const Call usual{"shop/w0", "shop/w1"}, other{"shop/w0", "shop/w1", "http", "other"};
    mesh.call(other, 1);
    CHECK(names(mesh.play(6, [&](Mesh& m) { m.call(std::lround(m.days() * 288) % 2 ? usual : other, 5); })).empty());
    mesh.step([](Mesh& m) { m.call({"shop/w0", "shop/w1", "http", "stolen"}, 1); });
    const auto found = mesh.step();
    REQUIRE(names(found) == std::vector<std::string>{"topology-identity"});
    CHECK(found.findings[0].severity == Severity::high);
}

TEST_CASE("the budget is the operator's") {
    Options options;
    options.alerts_per_day = {{"critical", 0}, {"high", 0}, {"medium", 0}, {"low", 0}};
    Mesh mesh(options);
    mesh.play(6);
    mesh.step([](Mesh& m) {
        m.call({Mesh::name(0), Mesh::name(1)}, 2000);
        for (int i = 0; i < 9; ++i) m.call({"shop/w2", "pay/scanned" + std::to_string(i)}, 1);
    });
    CHECK(names(mesh.step()) == std::vector<std::string>{});
}

TEST_CASE("what an operator calls expected is not told") {
    Mesh mesh;
    mesh.play(6);
    Expectation said;
    said.match_text = {"destination_workload=\"w1\""};
    said.note = "nightly copy";
    said.owner = "shop";
    said.created_at = tests::at(0);
    const auto holds = checked(said, tests::at(0));
    REQUIRE(holds);
    mesh.expectations = std::make_shared<const Expectations>(Expectations{*holds});
    mesh.step([](Mesh& m) { m.call({Mesh::name(0), Mesh::name(1)}, 2000); });
    CHECK(names(mesh.step()).empty());
}

TEST_CASE("counts that go with a target and come back with it are no burst") {
    Mesh mesh;
    mesh.play(6);
    mesh.hidden = {Mesh::name(1)};
    mesh.play(mesh.days() + 0.05);
    mesh.hidden = {};
    CHECK(names(mesh.play(mesh.days() + 0.05)).empty());
}

TEST_CASE("counts of several reporters come back one after the other") {
    Edges edges(10);
    const Labels call = labels_of({"shop/a", "shop/b"});
    double at = 0;
    const auto read = [&](double total, bool failing) {
        const auto moved = edges.observe({{call, total}}, tests::at(at += 5), failing);
        return moved.empty() ? 0 : moved[0].events;
    };
    CHECK(read(1000, false) == 0);
    CHECK(read(1010, false) == 10);
    CHECK(read(400, false) == 0);  // one reporter of two is gone; that it fails is told a moment later
    CHECK(read(200, true) == 0);   // and a part of the other
    CHECK(read(205, true) == 0);
    CHECK(read(408, true) == 0);
    CHECK(read(1030, false) == 20);  // all are back, and what they counted meanwhile
    CHECK(read(1040, false) == 10);
    CHECK(read(500, false) == 0);    // pods that go
    CHECK(read(510, false) == 10);
    const auto away = [&](bool failing) { edges.observe({}, tests::at(at += 5), failing); };
    away(true);  // all reporters fail
    CHECK(read(255, true) == 0);
    CHECK(read(512, false) == 2);
    away(false);
    away(false);  // all pods go, others come
    CHECK(read(7, false) == 7);
    CHECK(read(1000, true) == 993);  // one target fails for good: no outage after an hour
    at += 3700;
    CHECK(read(1010, true) == 10);
    CHECK(read(500, true) == 0);  // pods that go
    CHECK(read(510, true) == 10);
}

TEST_CASE("the past teaches and is not told; what came after the cursor is") {
    Mesh mesh;
    mesh.teaching = true;
    mesh.play(6, [](Mesh& m) {
        if (m.days() > 5 && m.days() < 5.05) m.call({Mesh::name(0), Mesh::name(1)}, 2000);
        if (m.days() > 5.2 && m.days() < 5.21) m.call({"shop/w0", "pay/w8"}, 3);
    });
    mesh.teaching = false;
    CHECK(names(mesh.step()).empty());
    CHECK(mesh.topology.topology()->learning == false);
    mesh.step([](Mesh& m) { m.call({"shop/w3", "pay/w8"}, 3); });
    CHECK(names(mesh.step()) == std::vector<std::string>{"topology-new-edge"});
}

TEST_CASE("a detector that was saved and loaded goes on alike, also in the middle of an interval and an episode") {
    const auto odd = [](Mesh& m) {
        const auto at = std::lround(m.days() * 288);
        if (at % 290 == 0) m.call({"shop/w" + std::to_string(at % 6), "pay/w" + std::to_string(6 + at % 5)}, 2);
        if (at % 411 < 3) m.call({Mesh::name(0), Mesh::name(1)}, 3000);
    };
    Mesh one, two;
    one.play(4.3, odd);
    two.play(4.3, odd);
    const auto bytes = two.topology.save();
    two.topology = TopologyDetector({}, rules());
    REQUIRE(two.topology.load(bytes));
    for (int i = 0; i < 600; ++i) {
        const auto a = one.step(odd), b = two.step(odd);
        REQUIRE(names(a) == names(b));
        for (std::size_t f = 0; f < a.findings.size(); ++f) {
            REQUIRE(a.findings[f].summary == b.findings[f].summary);
            REQUIRE(notes(a.findings[f]) == notes(b.findings[f]));
        }
    }
    CHECK(one.topology.save() == two.topology.save());
}

TEST_CASE("while too little is known a rule says what it waits for") {
    Mesh mesh;
    const auto cause = [](const Inspection& inspection, const std::string& rule) {
        return std::ranges::find(inspection.rules, rule, &RuleVerdict::rule)->cause;
    };
    CHECK_THAT(cause(mesh.step(), "topology-burst"), Catch::Matchers::Contains("learning until"));
    Options options;
    options.learning_period = 0s;
    Mesh hasty(options);
    hasty.step();
    CHECK_THAT(cause(hasty.step(), "topology-burst"), Catch::Matchers::Contains("1 of at least 12 intervals of 5m"));
    CHECK(cause(hasty.play(6), "topology-burst").empty());
    CHECK_THAT(cause(hasty.step(), "topology-identity"), Catch::Matchers::Equals(""));
}

TEST_CASE("identities are blind in a mesh that shows none, until one is seen") {
    Options options;
    options.learning_period = 0s;
    Mesh mesh(options);
    const auto verdict = [&] {
        const auto found = mesh.step();
        return *std::ranges::find(found.rules, "topology-identity", &RuleVerdict::rule);
    };
    mesh.shows_principals = false;
    mesh.play(6);
    CHECK(verdict().health == RuleHealth::blind);
    CHECK_FALSE(verdict().judged);
    CHECK_THAT(verdict().cause, Catch::Matchers::Contains("source_principal"));
    mesh.shows_principals = true;
    mesh.step();
    CHECK(verdict().health == RuleHealth::ok);
    CHECK(verdict().judged);
}

TEST_CASE("a counter that rises beyond reckoning leaves a state that can be loaded") {
    Mesh mesh;
    mesh.play(1);
    mesh.step([](Mesh& m) { m.call({"shop/w0", "shop/w1"}, 1e15); });
    for (int i = 0; i < 20; ++i) mesh.step();
    TopologyDetector copy(Options(), rules());
    const auto loaded = copy.load(mesh.topology.save());
    INFO((loaded ? std::string() : loaded.error().message));
    CHECK(loaded);
}

TEST_CASE("what there is no room for is counted") {
    Options options;
    options.max_edges = 5;
    Mesh mesh(options);
    int names = 0;
    mesh.play(0.2, [&](Mesh& m) { m.call({"shop/w0", "shop/job" + std::to_string(names++)}, 5); });
    const auto topology = mesh.topology.topology();
    CHECK(topology->edges.size() == 5);
    CHECK(topology->edges_forgotten > 0);
    CHECK(topology->events_left_out > 0);
}

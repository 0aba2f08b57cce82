#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using fakes::ScriptedPrometheus;

namespace {

constexpr double start = 10'000;

std::string targets(const std::vector<std::string>& instances) {
    std::vector<TestSeries> series;
    for (const auto& instance : instances) series.push_back({{{"job", "pods"}, {"instance", instance}}, {{1, 1}}});
    return vector_json(series);
}

SignalSpec spec_of(const std::string& name) {
    SignalSpec spec = counter_spec(name, name);
    spec.parts[0].live = "live " + name;
    spec.parts[0].expected = "expected";
    spec.parts[0].fix = {"do this", "yaml: 1"};
    return spec;
}

struct Bench {
    ScriptedPrometheus server;
    Watcher watcher;

    static Options options_of(const ScriptedPrometheus& server) {
        Options options;
        options.endpoint.url = server.url();
        return options;
    }
    explicit Bench(std::vector<SignalSpec> specs) : watcher(options_of(server), std::move(specs)) {}
};

}  // namespace

TEST_CASE("coverage says how many of the targets show a signal") {
    const auto [live, expected, sight, code, covered, of] =
        GENERATE(table<std::vector<std::string>, std::vector<std::string>, Sight, std::string, int, int>({
            {{"a", "b"}, {"a", "b"}, Sight::zero, "", 2, 2},
            {{"a"}, {"a", "b", "c"}, Sight::zero, "not_exposed", 1, 3},
            {{}, {"a", "b"}, Sight::blind, "not_exposed", 0, 2},
            {{}, {}, Sight::blind, "not_scraped", 0, 0},
            {{"a", "b"}, {}, Sight::zero, "", 2, 2},
        }));
    Bench bench({spec_of("x")});
    bench.server.answer("live x", targets(live));
    bench.server.answer("expected", targets(expected));
    bench.watcher.poll();
    const Coverage& coverage = bench.watcher.coverage();
    CHECK(coverage.sight == sight);
    CHECK(coverage.cause.code == code);
    CHECK(coverage.covered == covered);
    CHECK(coverage.expected == of);
    CHECK(coverage.fix.text == (covered < of || of == 0 ? "do this" : ""));
    CHECK(coverage.checked_at == at(start));
}

TEST_CASE("where a question failed no advice is given: it would mend something else") {
    Bench bench({spec_of("x")});
    bench.server.answer("live x", targets({}));
    bench.server.answer("expected", targets({"a"}));
    bench.server.answer("x[", std::string(R"({"status":"error","errorType":"execution","error":"too many samples"})"));
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().cause.code == "query_failed");
    CHECK(bench.watcher.coverage().fix.text.empty());
}

TEST_CASE("a target that fails is lost at once and still expected; one that is taken away is neither") {
    Bench bench({spec_of("x")});
    bench.server.answer("live x", targets({"a", "b"}));
    bench.server.answer("expected", targets({"a", "b"}));
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().covered == 2);

    bench.server.answer("up == 0", targets({"b"}));
    bench.server.set_time(start + 1);
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().covered == 1);
    CHECK(bench.watcher.coverage().expected == 2);

    // Its series are stale by now: the questions no longer find it.
    bench.server.answer("live x", targets({"a"}));
    bench.server.answer("expected", targets({"a"}));
    bench.server.set_time(start + 10);
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().covered == 1);
    CHECK(bench.watcher.coverage().expected == 2);

    bench.server.answer("up == 0", targets({}));
    bench.server.set_time(start + 20);
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().covered == 1);
    CHECK(bench.watcher.coverage().expected == 1);
}

TEST_CASE("parts that share their questions count once, others are added") {
    SignalSpec spec = spec_of("x");
    spec.parts.push_back(spec.parts[0]);
    spec.parts[1].selector = "y";
    spec.parts.push_back(spec.parts[0]);
    spec.parts[2].live = "live z";
    spec.parts[2].expected.clear();
    Bench bench({spec});
    bench.server.answer("live x", targets({"a"}));
    bench.server.answer("expected", targets({"a", "b"}));
    SECTION("the third part's targets are there") {
        bench.server.answer("live z", targets({"n", "m"}));
        bench.watcher.poll();
        CHECK(bench.watcher.coverage().covered == 3);
        CHECK(bench.watcher.coverage().expected == 4);
    }
    SECTION("a part that nobody carries is no lack") {
        bench.watcher.poll();
        CHECK(bench.watcher.coverage().covered == 1);
        CHECK(bench.watcher.coverage().expected == 2);
    }
}

TEST_CASE("what is known of liveness outlives a failed question") {
    Bench bench({spec_of("x")});
    bench.server.answer("live x", targets({"a"}));
    bench.watcher.poll();
    bench.server.answer("live x", "broken");
    bench.server.set_time(start + 600);
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().covered == 1);
    CHECK(bench.watcher.coverage().sight == Sight::zero);
}

TEST_CASE("liveness that was never answered is blindness") {
    Bench bench({spec_of("x")});
    bench.server.answer("live x", R"({"status":"error","errorType":"bad_data","error":"parse error"})");
    bench.watcher.poll();
    CHECK(bench.watcher.coverage().sight == Sight::blind);
    CHECK(bench.watcher.coverage().cause.text == "bad_data: parse error");
}

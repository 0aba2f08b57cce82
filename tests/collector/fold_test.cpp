#include "tests/collector/fold_bench.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;

namespace {

const Labels denied = {{"__name__", "denied"}, {"job", "pods"}, {"instance", "a:1"}};
const Labels up = {{"__name__", "up"}, {"job", "pods"}, {"instance", "a:1"}};
const Labels uptime = {{"__name__", "envoy_server_uptime"}, {"job", "pods"}, {"instance", "a:1"}};

}  // namespace

TEST_CASE("increments are differences of samples, read once however often they come") {
    FoldBench bench;
    CHECK(total(bench.read({{denied, {{1000, 5}, {1015, 7}}}})) == 2);
    CHECK(total(bench.read({{denied, {{1000, 5}, {1015, 7}, {1030, 7}}}})) == 0);
    CHECK(total(bench.read({{denied, {{1030, 7}, {1045, 8}, {1060, 18}}}})) == 11);
    CHECK(total(bench.read({{denied, {{1000, 5}}}})) == 0);
}

TEST_CASE("the sample before a first increment is given, and every one after it for a while") {
    FoldBench bench;
    CHECK(bench.read({{denied, {{1000, 5}, {1015, 5}, {1030, 5}}}}).items.empty());
    const auto first = bench.read({{denied, {{1045, 5}, {1060, 8}}}});
    REQUIRE(first.items.size() == 1);
    const auto& points = first.items[0].update.points;
    REQUIRE(points.size() == 2);
    CHECK(points[0].at == at(1045));
    CHECK(points[0].value == 5);
    CHECK(points[0].increment == 0);
    CHECK(points[1].increment == 3);
    CHECK(first.items[0].update.series->metric == denied);
    const auto next = bench.read({{denied, {{1075, 8}}}});
    REQUIRE(next.items.size() == 1);
    CHECK(next.items[0].update.points.size() == 1);
    bench.read({{denied, {{1060 + 901, 8}}}});
    CHECK(bench.read({{denied, {{1060 + 916, 8}}}}).items.empty());
}

TEST_CASE("a reset counts from zero") {
    FoldBench bench;
    bench.read({{denied, {{1000, 10}}}});
    SECTION("the value fell") { CHECK(total(bench.read({{denied, {{1015, 4}}}})) == 4); }
    SECTION("the value fell to zero and rose") { CHECK(total(bench.read({{denied, {{1015, 0}, {1030, 3}}}})) == 3); }
    SECTION("the process restarted and ended above the old value") {
        bench.uptimes({{uptime, {{1000, 5000}, {1015, 5}}}});
        CHECK(total(bench.read({{denied, {{1015, 12}}}})) == 12);
    }
    SECTION("the process restarted long before the sample") {
        bench.uptimes({{uptime, {{1000, 100}, {1200, 150}}}});
        CHECK(total(bench.read({{denied, {{1200, 12}}}})) == 12);
    }
    SECTION("a restart a second after the sample concerns only later ones") {
        bench.uptimes({{uptime, {{1000, 5000}, {1001, 5001}, {1002, 0}}}});
        CHECK(total(bench.read({{denied, {{1001, 10}, {1002, 3}}}})) == 3);
    }
    SECTION("the process went on; its uptime is whole seconds and up to five late") {
        bench.uptimes({{uptime, {{1000, 100}, {1015, 110}}}});
        CHECK(total(bench.read({{denied, {{1015, 12}}}})) == 2);
    }
    SECTION("the process went on; the page before came fifteen seconds after its time") {
        bench.uptimes({{uptime, {{1000, 5015}, {1015, 5015}}}});
        CHECK(total(bench.read({{denied, {{1015, 12}}}})) == 2);
    }
    SECTION("a start time that moved") {
        Labels started = uptime;
        started.set("__name__", "process_start_time_seconds");
        bench.uptimes({{started, {{1000, 500}, {1015, 1003}}}});
        CHECK(total(bench.read({{denied, {{1015, 12}}}})) == 12);
    }
    SECTION("the proxy's uptime counts before a start time on the same page") {
        Labels started = uptime;
        started.set("__name__", "process_start_time_seconds");
        bench.uptimes({{started, {{1000, 500}, {1015, 1003}}}, {uptime, {{1000, 100}, {1015, 115}}}});
        CHECK(total(bench.read({{denied, {{1015, 12}}}})) == 2);
    }
}

TEST_CASE("a process that restarts and ends where it was is asked about and counted") {
    FoldBench bench;
    bench.read({{denied, {{1000, 1}}}});
    bench.restarted = {target_key(matrix({{denied, {{1, 1}}}}).metric(0))};
    bench.uptimes({{uptime, {{1000, 500}, {1015, 5}}}});
    CHECK(total(bench.read({{denied, {{1015, 1}}}})) == 1);
    CHECK(bench.needs.instances.size() == 1);
    CHECK_FALSE(bench.needs.births);
}

TEST_CASE("a series born on a watched target counts in full") {
    FoldBench bench;
    SECTION("an older sample of up") { bench.up({{up, {{1000, 1}, {1015, 1}, {1030, 1}}}}); }
    SECTION("an older sample of any series of that target") { bench.seen(denied, 1015); }
    SECTION("up long before, then the target failed for minutes") { bench.up({{up, {{1001, 1}, {1015, 0}}}}); }
    const auto result = bench.read({{denied, {{1030, 12}, {1045, 13}}}});
    CHECK(total(result) == 13);
    CHECK(result.items[0].update.points.size() == 2);
    CHECK_FALSE(result.possibly_missed);
    CHECK(bench.needs.births);
    CHECK(bench.needs.instances.begin()->second == "a:1");
}

TEST_CASE("a target that gets other labels keeps its counters") {
    FoldBench bench;
    const auto labelled = [](Labels labels, const std::string& role) {
        labels.set("role", role);
        labels.set(role + "_since", "today");
        return labels;
    };
    const auto old_series = labelled(denied, "replica"), new_series = labelled(denied, "primary");
    bench.up({{labelled(up, "replica"), {{1000, 1}, {1015, 1}}}, {labelled(up, "primary"), {{1030, 1}, {1045, 1}}}});
    SECTION("what stood before counts no more") {
        bench.read({{old_series, {{1000, 400}, {1015, 400}}}});
        const auto result = bench.read({{new_series, {{1030, 403}, {1045, 404}}}});
        CHECK(total(result) == 4);
        CHECK(result.items[0].update.series->metric == new_series);
        CHECK_FALSE(result.possibly_missed);
        CHECK(total(bench.read({{new_series, {{1060, 405}}}})) == 1);
    }
    SECTION("nor where both come in one answer, in any order") {
        bench.read({{old_series, {{1000, 400}}}});
        CHECK(total(bench.read({{new_series, {{1030, 403}}}, {old_series, {{1000, 400}, {1015, 401}}}})) == 3);
    }
    SECTION("and back again") {
        bench.read({{old_series, {{1000, 400}, {1015, 400}}}});
        CHECK(total(bench.read({{new_series, {{1030, 403}, {1045, 404}}}})) == 4);
        bench.up({{labelled(up, "replica"), {{1060, 1}, {1075, 1}}}});
        CHECK(total(bench.read({{old_series, {{1060, 404}, {1075, 406}}}})) == 2);
        CHECK(bench.needs.births);
    }
    SECTION("but all where the process began anew meanwhile") {
        bench.uptimes({{labelled(uptime, "replica"), {{1000, 5000}, {1015, 5015}}}});
        bench.read({{old_series, {{1000, 400}, {1015, 400}}}});
        bench.uptimes({{labelled(uptime, "primary"), {{1030, 8}, {1045, 23}}}});
        CHECK(total(bench.read({{new_series, {{1030, 3}, {1045, 4}}}})) == 4);
    }
    SECTION("a series born with the new labels is born") {
        bench.read({{old_series, {{1000, 400}, {1015, 400}}}});
        auto other = new_series;
        other.set("response_code", "403");
        CHECK(total(bench.read({{other, {{1030, 7}}}})) == 7);
    }
    SECTION("what had both sets of labels at one time is two") {
        bench.read({{old_series, {{1015, 400}}}, {new_series, {{1015, 5}}}});
        CHECK(total(bench.read({{new_series, {{1030, 6}}}})) == 1);
    }
    SECTION("a label of the page itself is no target's") {
        auto own = old_series, later = new_series;
        own.set("source_workload", "cart");
        later.set("source_workload", "web");
        bench.read({{own, {{1000, 400}, {1015, 400}}}});
        CHECK(total(bench.read({{later, {{1030, 5}}}})) == 5);
    }
}

TEST_CASE("two sets of labels at one time are two targets") {
    FoldBench bench;
    auto one = denied, other = denied, up_one = up, up_other = up;
    for (auto* labels : {&one, &up_one}) labels->set("path", "/a");
    for (auto* labels : {&other, &up_other}) labels->set("path", "/b");
    bench.up({{up_one, {{1000, 1}, {1015, 1}, {1030, 1}}}, {up_other, {{1015, 1}, {1030, 1}}}});
    bench.read({{one, {{1000, 400}, {1015, 400}}}});
    CHECK(total(bench.read({{other, {{1030, 400}}}})) == 400);
}

TEST_CASE("a series born at zero is born all the same") {
    FoldBench bench;
    CHECK(total(bench.read({{denied, {{1000, 0}, {1015, 1}}}})) == 1);
}

TEST_CASE("what stands on a target that nobody watched is a baseline") {
    FoldBench bench;
    SECTION("no fact at all") {}
    SECTION("the target was down") { bench.up({{up, {{1015, 0}, {1090, 1}}}}); }
    SECTION("the sample of up is the first one too") { bench.up({{up, {{1090, 1}}}}); }
    SECTION("up before we began to read") { bench.up({{up, {{900, 1}}}}); }
    SECTION("an old process") {
        bench.seen({{"instance", "other"}}, 1000);
        bench.uptimes({{uptime, {{1090, 100000}}}});
    }
    const auto result = bench.read({{denied, {{1090, 50}, {1105, 51}}}});
    CHECK(total(result) == 1);
    CHECK(result.possibly_missed);
}

TEST_CASE("a young process counts in full where time itself was watched") {
    FoldBench bench;
    bench.uptimes({{uptime, {{1090, 20}}}});
    SECTION("watched since before it began") {
        bench.seen({{"instance", "other"}}, 1015);
        CHECK(total(bench.read({{denied, {{1090, 3}}}})) == 3);
    }
    SECTION("nothing was watched before: a first start") {
        CHECK(total(bench.read({{denied, {{1090, 3}}}})) == 0);
    }
}

TEST_CASE("a process born while Prometheus was away counts in full") {
    FoldBench bench;
    bench.seen({{"instance", "other"}}, 1000);
    bench.seen({{"instance", "other"}}, 1400);
    bench.uptimes({{uptime, {{1410, 200}}}});
    CHECK(total(bench.read({{denied, {{1410, 60}}}})) == 60);
}

TEST_CASE("an old process first seen after such an absence does not") {
    FoldBench bench;
    bench.seen({{"instance", "other"}}, 1000);
    bench.seen({{"instance", "other"}}, 1400);
    bench.uptimes({{uptime, {{1410, 600}}}});
    const auto result = bench.read({{denied, {{1410, 60}}}});
    CHECK(total(result) == 0);
    CHECK(result.possibly_missed);
}

TEST_CASE("what stood at the beginning of the first read is no loss") {
    FoldBench bench;
    const auto result = bench.read({{denied, {{1005, 50}, {1020, 50}}}});
    CHECK(total(result) == 0);
    CHECK_FALSE(result.possibly_missed);
    CHECK(bench.needs.instances.empty());
}

TEST_CASE("an outage invents nothing and misses nothing") {
    FoldBench bench;
    bench.read({{denied, {{1000, 10}}}});
    CHECK(total(bench.read({{denied, {}}})) == 0);
    CHECK(total(bench.read({{denied, {{1120, 70}}}})) == 60);
}

TEST_CASE("a series that is away keeps its last value for an hour") {
    FoldBench bench;
    bench.read({{denied, {{1000, 10}}}});
    bench.forget_before(1000);
    CHECK(total(bench.read({{denied, {{4500, 12}}}})) == 2);
    bench.forget_before(4501);
    CHECK(bench.size() == 0);
}

TEST_CASE("aggregated series that fall are refused") {
    FoldBench bench;
    const Labels sum = {{"__name__", "istio_requests_total"}, {"job", "federate"}};
    CHECK(total(bench.read({{sum, {{1000, 100}, {1015, 110}}}})) == 10);
    const auto result = bench.read({{sum, {{1030, 50}, {1045, 51}}}});
    CHECK(result.aggregated);
    CHECK(total(result) == 1);
}

TEST_CASE("a pod's series without instance resets like any other") {
    FoldBench bench;
    const Labels pod = {{"__name__", "x"}, {"pod", "a-0"}};
    bench.read({{pod, {{1000, 100}}}});
    const auto result = bench.read({{pod, {{1015, 5}}}});
    CHECK_FALSE(result.aggregated);
    CHECK(total(result) == 5);
}

TEST_CASE("samples that are no numbers are as if they were not there") {
    FoldBench bench;
    const auto answer =
        parse_answer(200, R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"instance":"a"},
        "values":[[1000,"5"],[1015,"NaN"],[1030,"+Inf"],[1045,"-1"],[1060,"6"]]}]}})",
                     10);
    REQUIRE(answer);
    CHECK(total(bench.read(*answer)) == 1);
}

TEST_CASE("the same series twice in one answer counts once") {
    FoldBench bench;
    CHECK(total(bench.read({{denied, {{1000, 5}, {1015, 7}}}, {denied, {{1000, 5}, {1015, 7}}}})) == 2);
}

TEST_CASE("pushes above a bucket are the tail, all pushes the base") {
    FoldBench bench(tail_point);
    const Labels count = {{"__name__", "t_count"}, {"instance", "x"}};
    const Labels bucket = {{"__name__", "t_bucket"}, {"instance", "x"}, {"le", "30"}};
    const auto read = [&](std::vector<std::pair<double, double>> counts,
                          std::vector<std::pair<double, double>> buckets) {
        const Answer a = matrix({{count, std::move(counts)}});
        const Answer b = matrix({{bucket, std::move(buckets)}});
        return bench.read_rows(tail_rows(a, b));
    };
    read({{1000, 10}}, {{1000, 10}});
    const auto rise = read({{1015, 15}}, {{1015, 12}});
    REQUIRE(rise.items.size() == 1);
    CHECK(rise.items[0].update.points.back().increment == 3);
    CHECK(rise.items[0].update.points.back().base == 5);
    CHECK(rise.items[0].update.points.back().value == 3);
    const auto reset = read({{1030, 16}}, {{1030, 1}});
    CHECK(total(reset) == 15);
    CHECK(reset.items[0].update.points.back().base == 16);
}

TEST_CASE("a stall is given sample by sample") {
    FoldBench bench(stalled_point, true);
    const Labels istiod = {{"job", "istiod"}, {"instance", "x"}};
    const auto read = [&](double time, double debounce, std::vector<TestSeries> queue) {
        const Answer a = matrix({{istiod, {{time, debounce}}}});
        const Answer b = matrix(queue);
        const Answer c = matrix({{istiod, {{time, 40}}}});
        const auto result = bench.read_rows(stalled_rows(a, b, c));
        REQUIRE(result.items.size() == 1);
        return result.items[0].update.points.back();
    };
    CHECK(read(1000, 4, {}).increment == 0);
    const Point moved = read(1015, 5, {});
    CHECK(moved.increment == 1);
    CHECK(moved.base == 0);
    CHECK(moved.value == 40);
    CHECK(read(1030, 5, {}).increment == 0);
    CHECK(read(1045, 5, {{istiod, {{1045, 10}}}}).base == 10);
}

TEST_CASE("many series at zero cost little and are given to nobody") {
    FoldBench bench;
    std::vector<TestSeries> series;
    for (int i = 0; i < 20'000; ++i) series.push_back({{{"instance", std::to_string(i)}}, {{1000, 0}, {1015, 0}}});
    const auto result = bench.read(series);
    CHECK(result.items.empty());
    CHECK(bench.needs.instances.empty());
    CHECK(bench.size() == 20'000);
}

// The Collector against a Prometheus that answers, lags and fails as scripted.
#include <prometheus/text_serializer.h>

#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using namespace std::chrono_literals;
using fakes::PageAnswer;
using fakes::ScriptedPrometheus;

namespace {

constexpr double start = 10'000;

Options options_of(const ScriptedPrometheus& server) {
    Options options;
    options.endpoint.url = server.url();
    options.endpoint.timeout = 2s;
    return options;
}

// One series, whose value grows by one every 15 s: answered as a Prometheus would, up to the time of the query.
std::string growing(const std::string& instance, double time) {
    TestSeries series{{{"__name__", "x"}, {"job", "j"}, {"instance", instance}}, {}};
    for (double t = start - 300; t <= time; t += 15) series.samples.emplace_back(t, (t - start) / 15 + 100);
    return matrix_json({series});
}

void serve_growing(ScriptedPrometheus& server, const std::string& name) {
    server.answer(name + "[", [name](double time) { return PageAnswer{200, growing(name, time)}; });
    server.answer("count by (cluster, job, instance) (" + name, vector_json({{{{"job", "j"}, {"instance", name}}, {{1, 1}}}}));
}

const Reading& reading(const Snapshot& snapshot, const std::string& signal) {
    for (const auto& one : snapshot.readings)
        if (one.signal == signal) return one;
    throw std::runtime_error("no reading " + signal);
}

}  // namespace

TEST_CASE("one signal's failure is its own, and is made good by the next read") {
    ScriptedPrometheus server;
    serve_growing(server, "good");
    serve_growing(server, "bad");
    Watcher watcher(options_of(server), {counter_spec("good", "good"), counter_spec("bad", "bad")});
    watcher.poll();
    CHECK(reading(watcher.last(), "bad").coverage.sight != Sight::blind);

    const auto [body, code] = GENERATE(table<std::string, std::string>(
        {{R"({"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["one store is down"]})",
          "partial"},
         {R"({"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]}})", "partial"},
         {R"({"status":"error","errorType":"execution","error":"no"})", "query_failed"},
         {"<html>", "query_failed"}}));
    server.answer("bad[", body);
    server.set_time(start + 30);
    watcher.poll();
    CHECK(reading(watcher.last(), "bad").coverage.sight == Sight::blind);
    CHECK(reading(watcher.last(), "bad").coverage.cause.code == code);
    CHECK_FALSE(reading(watcher.last(), "bad").answered);
    CHECK(reading(watcher.last(), "good").answered);
    CHECK(watcher.counted("good") == watcher.counted("bad") + 2);

    serve_growing(server, "bad");
    server.set_time(start + 60);
    watcher.poll();
    CHECK(reading(watcher.last(), "bad").answered);
    CHECK(watcher.counted("good") == watcher.counted("bad"));
}

TEST_CASE("a hung question makes its signal blind, is not repeated at once, and the others go on") {
    ScriptedPrometheus server;
    serve_growing(server, "good");
    serve_growing(server, "slow");
    Options options = options_of(server);
    options.endpoint.timeout = 500ms;
    Watcher watcher(options, {counter_spec("good", "good"), counter_spec("slow", "slow")});
    server.answer("slow[", [](double) { return PageAnswer{200, "", {}, {}, true}; });
    watcher.poll();
    CHECK(reading(watcher.last(), "slow").coverage.cause.code == "timeout");
    CHECK(reading(watcher.last(), "good").answered);
    server.set_time(start + 1);
    watcher.poll();
    CHECK(server.asked("slow[") == 1);
    CHECK(reading(watcher.last(), "slow").coverage.cause.code == "timeout");
    CHECK_FALSE(reading(watcher.last(), "slow").answered);
    serve_growing(server, "slow");
    server.set_time(start + 3);
    watcher.poll();
    CHECK(reading(watcher.last(), "slow").answered);
}

TEST_CASE("a Prometheus that does not answer is unreachable, and time goes on") {
    std::string body = "<html>";
    const fakes::PageServer server([&](const fakes::PageRequest&) { return PageAnswer{502, body}; });
    Options options;
    options.endpoint.url = server.url();
    Watcher watcher(options, {counter_spec("a", "a")});
    const Snapshot first = watcher.poll();
    CHECK_FALSE(first.reachable);
    CHECK(first.unreachable_cause == "Prometheus answered HTTP 502");
    CHECK(first.readings.at(0).coverage.sight == Sight::blind);
    CHECK(first.readings.at(0).coverage.cause.code == "unreachable");
    REQUIRE(eventually([&] { return watcher.poll().at > first.at; }));
}

TEST_CASE("a clock that was set back is said, not read past") {
    ScriptedPrometheus server;
    serve_growing(server, "x");
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.poll();
    server.set_time(start - 3600);
    CHECK_FALSE(watcher.poll().reachable);
    CHECK(watcher.last().unreachable_cause.starts_with("its clock was set back"));
    server.set_time(start + 30);
    CHECK(watcher.poll().reachable);
    CHECK(watcher.counted("x") == 2);
}

TEST_CASE("where others send the samples, they are read as they come, and their end is no silence") {
    ScriptedPrometheus server;
    server.targets(R"({"status":"success","data":{"activeTargets":[]}})");
    double arrived = start;  // what was scraped later is still on its way
    const auto newest = [&](double time) { return std::min(time, std::floor(arrived / 5) * 5); };
    server.answer("max(timestamp(up))", [&](double time) {
        return PageAnswer{200, vector_json({{{}, {{time, newest(time)}}}})};
    });
    const Labels labels{{"__name__", "x"}, {"job", "j"}, {"instance", "i"}};
    server.answer("last_over_time(x", [&](double time) {
        return PageAnswer{200, vector_json({{labels, {{time, newest(time) - start + 300}}}})};
    });
    server.answer("x", [&](double time) {
        TestSeries series{labels, {}};
        for (double at = start - 300; at <= newest(time); at += 5) series.samples.emplace_back(at, at - start + 300);
        return PageAnswer{200, matrix_json({series})};
    });
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    for (int second = 0; second <= 120; second += 6) {
        server.set_time(start + second);
        arrived = start + second - 23;
        REQUIRE(watcher.poll().reachable);
        CHECK(watcher.last().at == from_epoch_seconds(newest(start + second)));
    }
    CHECK(watcher.counted("x") == 120);
    server.set_time(start + 120 - 23 + 100);
    CHECK(watcher.poll().reachable);
    server.set_time(start + 120 - 23 + 200);
    CHECK_FALSE(watcher.poll().reachable);
    CHECK_THAT(watcher.last().unreachable_cause, Catch::Matchers::Contains("what was sent to it last is"));
}

TEST_CASE("a cursor that was saved while the clock was ahead makes nobody blind") {
    struct Case {
        double ahead;
        double since, at;
    };
    for (const auto& one : std::vector<Case>{{-60, start - 60, start}, {20, start + 20, start + 20}, {3600, start, start}}) {
        INFO(one.ahead);
        ScriptedPrometheus server;
        serve_growing(server, "x");
        Watcher watcher(options_of(server), {counter_spec("x", "x")});
        watcher.resume(at(start + one.ahead));
        watcher.poll();
        CHECK(watcher.last().reachable);
        CHECK(watcher.last().since == at(one.since));
        CHECK(watcher.last().at == at(one.at));
        server.set_time(start + 30);
        watcher.poll();
        CHECK(watcher.last().since == at(one.at));  // the cursor follows
        CHECK(watcher.last().at == at(start + 30));
    }
}

TEST_CASE("a cursor that is still ahead, as it could not be saved, is not believed at the next poll either") {
    ScriptedPrometheus server;
    serve_growing(server, "x");
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    for (const double seconds : {0, 15}) {
        server.set_time(start + seconds);
        watcher.resume(at(start + 3600));
        watcher.poll();
        CHECK(watcher.last().since == at(start));
        CHECK(watcher.last().at == at(start + seconds));
    }
}

TEST_CASE("a stop ends a poll at once") {
    ScriptedPrometheus server;
    server.answer("a[", [](double) { return PageAnswer{200, "", {}, {}, true}; });
    io::HttpClient http;
    ::prometheus::Registry registry;
    Options options = options_of(server);
    options.endpoint.timeout = 30s;
    Collector collector(options, {counter_spec("a", "a")}, http, registry);
    std::stop_source source;
    const std::jthread stopper([&] {
        eventually([&] { return server.asked("a[") > 0; });
        source.request_stop();
    });
    const auto before = std::chrono::steady_clock::now();
    const Snapshot snapshot = collector.poll(std::nullopt, Horizon{5min}, source.get_token());
    CHECK(std::chrono::steady_clock::now() - before < 5s);
    CHECK_FALSE(snapshot.readings.at(0).answered);
}

TEST_CASE("facts about targets are asked only when something moved") {
    ScriptedPrometheus server;
    server.answer("x[", [](double time) {
        return PageAnswer{200, matrix_json({{{{"job", "j"}, {"instance", "i"}}, {{time, time < start + 20 ? 5 : 7}}}})};
    });
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.poll();
    server.set_time(start + 15);
    watcher.poll();
    const std::string uptimes = "{__name__=~\"envoy_server_uptime";
    const int asked = server.asked(uptimes);
    server.set_time(start + 30);
    watcher.poll();
    CHECK(server.asked(uptimes) == asked + 1);
    CHECK(watcher.counted("x") == 2);
}

TEST_CASE("a failed question about facts leaves the read for the next time") {
    ScriptedPrometheus server;
    serve_growing(server, "x");
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.poll();
    server.answer("{__name__=~\"envoy_server_uptime", "broken");
    server.set_time(start + 30);
    watcher.poll();
    CHECK(watcher.coverage().cause.code == "query_failed");
    CHECK(watcher.counted("x") == 0);
    server.answer("{__name__=~\"envoy_server_uptime", vector_json({}));
    server.set_time(start + 45);
    watcher.poll();
    CHECK(watcher.counted("x") == 3);
}

TEST_CASE("a long gap is read piece by piece and counted whole") {
    ScriptedPrometheus server;
    server.answer("x[", [](double time) {
        std::vector<std::pair<double, double>> samples;
        for (double t = std::max(0.0, time - 2000); t <= time; t += 15) samples.emplace_back(t, std::floor(t / 100));
        return PageAnswer{200, matrix_json({{{{"job", "j"}, {"instance", "i"}}, samples}})};
    });
    server.set_time(100'000);
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.resume(at(100'000 - 5 * 3600));
    watcher.poll();
    CHECK(server.asked("x[") == 14);  // 2, 4, 8, 16 and then 30 minutes
    CHECK(watcher.counted("x") == 180);
    CHECK(watcher.last().since == at(100'000 - 5 * 3600));
}

TEST_CASE("a signal with an interval of its own is asked that often") {
    ScriptedPrometheus server;
    serve_growing(server, "x");
    SignalSpec spec = counter_spec("x", "x");
    spec.interval = 60s;
    Watcher watcher(options_of(server), {spec});
    for (int i = 0; i < 9; ++i) {
        server.set_time(start + i * 15);
        watcher.poll();
        CHECK(watcher.last().readings[0].answered == (i % 4 == 0));
        CHECK(watcher.coverage().sight != Sight::blind);
    }
    CHECK(server.asked("x[") == 4);  // the history in two pieces
    CHECK(watcher.counted("x") == 8);
}

TEST_CASE("a hundred thousand series are read; more than allowed are refused", "[slow]") {
    ScriptedPrometheus server;
    const auto body = [](int count, double time, int last) {
        std::string rows;
        for (int i = 0; i < count; ++i) {
            rows += fmt::format(R"({}{{"metric":{{"instance":"{}","job":"j"}},"values":[[{},"{}"]]}})",
                                i == 0 ? "" : ",", i, time, i == 7 ? last : 0);
        }
        return fmt::format(R"({{"status":"success","data":{{"resultType":"matrix","result":[{}]}}}})", rows);
    };
    server.answer("x[", body(100'000, start - 1, 0));
    server.answer("count by (cluster, job, instance) (x", vector_json({{{{"job", "j"}, {"instance", "7"}}, {{1, 1}}}}));
    Options options = options_of(server);
    options.endpoint.timeout = 30s;
    Watcher watcher(options, {counter_spec("x", "x")});
    watcher.poll();
    CHECK(watcher.coverage().sight == Sight::zero);
    server.answer("x[", body(100'000, start + 14, 3));
    server.set_time(start + 15);
    watcher.poll();
    CHECK(watcher.counted("x") == 3);
    CHECK(watcher.last().readings[0].updates.size() == 1);
    server.answer("x[", body(100'001, start + 29, 3));
    server.set_time(start + 30);
    watcher.poll();
    CHECK(watcher.coverage().sight == Sight::blind);
    CHECK(watcher.coverage().cause.code == "partial");
}

TEST_CASE("sums over pods that fall make the signal blind") {
    ScriptedPrometheus server;
    server.answer("x[", [](double time) {
        return PageAnswer{200, matrix_json({{{{"job", "federate"}}, {{time, time > start + 20 ? 4 : 9}}}})};
    });
    server.answer("count by (cluster, job, instance) (x", vector_json({{{{"job", "federate"}}, {{1, 1}}}}));
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.poll();
    CHECK(watcher.coverage().sight == Sight::zero);
    server.set_time(start + 30);
    watcher.poll();
    CHECK(watcher.coverage().sight == Sight::blind);
    CHECK(watcher.coverage().cause.code == "aggregated");
    CHECK_FALSE(watcher.last().readings[0].answered);
    CHECK(watcher.counted("x") == 0);
}

TEST_CASE("an event seen alive beats a liveness that was read before it") {
    ScriptedPrometheus server;
    const Labels x = {{"job", "j"}, {"instance", "i"}};
    Watcher watcher(options_of(server), {counter_spec("x", "x")});
    watcher.poll();
    CHECK(watcher.coverage().cause.code == "not_scraped");
    server.answer("up{", matrix_json({{x, {{start, 1}, {start + 15, 1}}}}));
    server.answer("x[", matrix_json({{x, {{start + 15, 1}}}}));
    server.set_time(start + 16);
    watcher.poll();
    CHECK(watcher.counted("x") == 1);
    CHECK(watcher.coverage().sight == Sight::observed);
    CHECK(watcher.coverage().covered == 1);
}

TEST_CASE("our own metrics say what was asked and seen") {
    ScriptedPrometheus server;
    serve_growing(server, "good");
    server.answer("bad[", R"({"status":"error","errorType":"execution","error":"no"})");
    Watcher watcher(options_of(server), {counter_spec("good", "good"), counter_spec("bad", "bad")});
    watcher.poll();
    const std::string text = ::prometheus::TextSerializer().Serialize(watcher.registry().Collect());
    const auto has = [&](const std::string& line) { return text.find(line) != std::string::npos; };
    CHECK(has("meshwarden_query_duration_seconds_count{prometheus=\"main\",signal=\"good\"}"));
    CHECK(has("meshwarden_queries_failed_total{prometheus=\"main\",reason=\"query_failed\",signal=\"bad\"} 1"));
    CHECK(has("meshwarden_signal_state{prometheus=\"main\",signal=\"bad\",state=\"blind\"} 1"));
    CHECK(has("meshwarden_signal_state{prometheus=\"main\",signal=\"good\",state=\"zero\"} 0"));
    CHECK(has("meshwarden_signal_coverage_ratio{prometheus=\"main\",signal=\"good\"} 1"));
}

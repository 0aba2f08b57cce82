// Each request once, whoever reports it.
#include "tests/collector/series.hpp"
#include "tests/collector/watched.hpp"
#include "tests/fakes/scripted_prometheus.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using fakes::ScriptedPrometheus;

namespace {

constexpr double start = 10'000;

Labels series(const std::string& reporter, const std::string& workload, const std::string& instance = "i") {
    return {{"__name__", "istio_requests_total"}, {"reporter", reporter}, {"destination_workload", workload},
            {"destination_workload_namespace", "shop"}, {"job", "pods"}, {"instance", instance}};
}

// What is counted when each of the series rises by one.
double counted(const std::vector<Labels>& metrics, const std::vector<std::string>& reporting) {
    ScriptedPrometheus server;
    const auto serve = [&](double time, double value) {
        std::vector<TestSeries> all;
        for (const auto& metric : metrics) all.push_back({metric, {{time, value}}});
        server.answer("istio_requests_total{response_code=\"403\"}[", matrix_json(all));
    };
    std::vector<TestSeries> destinations;
    for (const auto& workload : reporting) {
        destinations.push_back(
            {{{"destination_workload", workload}, {"destination_workload_namespace", "shop"}}, {{1, 1}}});
    }
    server.answer("count by (destination_workload_namespace,destination_workload) "
                  "(last_over_time(istio_requests_total{reporter=~\"destination|waypoint\",destination_workload",
                  vector_json(destinations));
    Options options;
    options.endpoint.url = server.url();
    SignalSpec spec = counter_spec("denials", "istio_requests_total{response_code=\"403\"}");
    spec.parts[0].reporters = {"destination", "waypoint", "source"};
    Watcher watcher(options, {spec});
    serve(start - 1, 5);
    watcher.poll();
    serve(start + 14, 6);
    server.set_time(start + 15);
    watcher.poll();
    return watcher.counted("denials");
}

constexpr double interval = 15;

// One refusal at every scrape, told by the caller's proxy and by the destination's, whose scrapes fail for a while.
struct Outage {
    double from, to;
    double first = 0;  // refusals come after this only; other calls always do

    fakes::PageAnswer operator()(const std::string& query, double time) const {
        const double range = range_of(query);
        const TestSeries caller = rising("source", "c", std::max(first, time - range), time, 7);
        const TestSeries refusing = destination(std::max(first, time - range), time);
        TestSeries alive = destination(time - range, time);
        for (auto& sample : alive.samples) sample.second = 1;
        if (query == "up == 0" && time > from && time <= to) return as_vector({rising("destination", "d", 0, time, 0)});
        if (query.starts_with("max(timestamp(up))")) return as_vector({{{}, {{time, time}}}});
        if (query.starts_with("last_over_time(")) return as_vector({caller, refusing});
        if (query.starts_with("count by (destination")) return as_vector({alive});
        if (query.starts_with("count by (cluster, job, instance)")) return as_vector({caller});
        if (query.starts_with("up{")) return as_matrix({caller, alive});
        if (!query.starts_with("istio_requests_total")) return as_matrix({});
        if (query.find("instance=\"c\"") != query.npos) return as_matrix({caller});
        if (query.find("instance=\"d\"") != query.npos) return as_matrix({refusing});
        return as_matrix({caller, refusing});
    }

private:
    static double range_of(const std::string& query) {
        const auto open = query.rfind('['), close = query.rfind(']');
        if (open == query.npos) return 300;
        return double(parse_duration(query.substr(open + 1, close - open - 1))->count()) / 1000;
    }
    TestSeries rising(const std::string& by, const std::string& instance, double after, double until,
                      double offset) const {
        TestSeries one{series(by, "ledger", instance), {}};
        int refused = first > 0 ? 0 : 5;
        for (int i = 0; start + i * interval + offset <= until; ++i) {
            const double time = start + i * interval + offset;
            if (time > after) one.samples.emplace_back(time, refused);
            if (start + (i + 1) * interval > first) ++refused;
        }
        return one;
    }
    TestSeries destination(double after, double until) const {
        auto all = rising("destination", "d", after, until, 0);
        std::erase_if(all.samples, [&](const auto& sample) { return sample.first > from && sample.first <= to; });
        return all;
    }
    static fakes::PageAnswer as_vector(std::vector<TestSeries> all) {
        std::erase_if(all, [](const TestSeries& one) { return one.samples.empty(); });
        return {200, vector_json(all)};
    }
    static fakes::PageAnswer as_matrix(std::vector<TestSeries> all) {
        std::erase_if(all, [](const TestSeries& one) { return one.samples.empty(); });
        return {200, matrix_json(all)};
    }
};

struct Counted {
    double during = 0, in_all = 0;  // until the outage's end; until the last scrape
};

Counted counted(const Outage& outage, int scrapes) {
    ScriptedPrometheus server;
    server.targets(R"({"status":"success","data":{"activeTargets":[{"scrapeInterval":"15s"}]}})");
    server.evaluate(outage);
    Options options;
    options.endpoint.url = server.url();
    SignalSpec spec = counter_spec("denials", "istio_requests_total{response_code=\"403\"}");
    spec.parts[0].reporters = {"destination", "waypoint", "source"};
    Watcher watcher(options, {spec});
    Counted counted;
    for (int i = 0; i <= scrapes; ++i) {
        const double now = start + i * interval + 8;
        server.set_time(now);
        watcher.poll();
        counted.in_all = watcher.counted("denials");
        if (now < outage.to) counted.during = counted.in_all;
    }
    return counted;
}

}  // namespace

TEST_CASE("what callers told while a destination's scrapes failed counts once") {
    const double minutes = GENERATE(2.0, 9.0, 14.0, 40.0);
    const int scrapes = int(minutes * 4) + 40;
    const auto refusals = counted(Outage{start + 100, start + 100 + minutes * 60}, scrapes);
    CAPTURE(minutes);
    CHECK(refusals.in_all == scrapes);
    // Its own count is waited for ten minutes, then the callers' is taken.
    CHECK(refusals.during == 6 + std::max(0, int(minutes * 4) - 39));
}

TEST_CASE("refusals that begin while a destination's scrapes fail count once") {
    const double minutes = GENERATE(2.0, 9.0, 14.0, 40.0);
    const int scrapes = int(minutes * 4) + 40;
    CAPTURE(minutes);
    CHECK(counted(Outage{start + 100, start + 100 + minutes * 60, start + 120}, scrapes).in_all == scrapes - 8);
}

TEST_CASE("each request counts once over the reporters") {
    CHECK(counted({series("destination", "ledger")}, {}) == 1);
    CHECK(counted({series("waypoint", "unknown")}, {}) == 1);
    CHECK(counted({series("source", "unknown")}, {}) == 1);
    CHECK(counted({series("source", "ledger")}, {}) == 1);
    CHECK(counted({series("source", "ledger")}, {"ledger"}) == 0);
    CHECK(counted({series("source", "ledger"), series("source", "other")}, {"ledger"}) == 1);
    CHECK(counted({series("source", "ledger"), series("destination", "ledger", "d")}, {}) == 1);
    CHECK(counted({series("ztunnel", "ledger")}, {}) == 0);
}

TEST_CASE("copies of a waypoint's series without the target's labels count nothing") {
    CHECK(counted({series("waypoint", "unknown"), series("source", "unknown", ""), series("destination", "ledger", "")},
                  {}) == 1);
}

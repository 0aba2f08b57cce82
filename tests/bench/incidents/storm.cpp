// storm_bench FINDINGS FOLDER: so many findings in one tick, through the loop's Keeper, the real store and the real
// courier to a target on loopback. One in a hundred is critical, and pages; those come last in the tick. Prints one
// JSON object.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/keeper.hpp"
#include "notify/courier.hpp"
#include "tests/fakes/http_server.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;
using SteadyTime = std::chrono::steady_clock::time_point;

namespace {

constexpr int series = 5, points = 13, sources = 3;
constexpr auto longest_drain = 60s;

double peak_megabytes() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return double(usage.ru_maxrss) / 1024;
}

double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

Finding finding(int number, bool critical, Time at) {
    const auto service = "service-" + std::to_string(number);
    Finding finding;
    finding.rule = "authz-denials";
    finding.severity = critical ? Severity::critical : Severity::medium;
    finding.subject = {{"cluster", "prod"}, {"destination_namespace", "pay"}, {"destination_service", service}};
    finding.labels = finding.subject;
    finding.value = 40;
    finding.threshold = 10;
    finding.window = 60s;
    finding.started_at = at - 10s;
    finding.crossed_at = at;
    finding.summary = "40 requests to pay/" + service + " were denied in 1m";
    finding.action = "Investigate the source service";
    finding.evidence.taken_at = at;
    finding.evidence.rule = {{"threshold", "10"}, {"window", "1m"}};
    for (int i = 0; i < series; ++i) {
        EvidenceSeries one;
        one.metric = {{"__name__", "istio_requests_total"}, {"destination_service_name", service},
                      {"pod", service + "-" + std::to_string(i)}, {"response_code", "403"}, {"reporter", "destination"},
                      {"source_workload", "web"}, {"source_workload_namespace", "shop"}};
        for (int j = 0; j < points; ++j) one.points.emplace_back(at - 5s * (points - j), j);
        one.increment = 8;
        finding.evidence.series.push_back(std::move(one));
    }
    for (int i = 0; i < sources; ++i)
        finding.evidence.top_sources.push_back(
            {.labels = {{"source_namespace", "shop"}, {"source_workload", "web-" + std::to_string(i)}}, .value = 10});
    return finding;
}

struct Bench {
    io::SystemClock clock;
    prometheus::Registry registry;
    app::LoopMetrics metrics{registry};
    incidents::Options settle;
    std::string file;
    fakes::HttpServer server{[](const auto&) { return fakes::HttpAnswer{}; }};
    notify::Options options;

    explicit Bench(const std::string& folder) : file(folder + "/storm.db") {
        settle.routes = {{.match_text = {}, .match = {Matcher::parse("severity=\"critical\"").value()},
                          .targets = {"pages"}, .goes_on = true},
                         {.match_text = {}, .match = {}, .targets = {"all"}, .goes_on = false}};
        for (const auto* name : {"pages", "all"}) {
            notify::Target target;
            target.name = name;
            target.endpoint.url = server.url(std::string("/") + name);
            target.messages_per_second = 1e6;
            options.targets.push_back(target);
        }
    }
};

std::uintmax_t size_of(const std::string& file) {
    std::uintmax_t sum = 0;
    for (const auto* suffix : {"", "-wal"})
        if (std::filesystem::exists(file + suffix)) sum += std::filesystem::file_size(file + suffix);
    return sum;
}

incidents::Tick tick(const Bench& bench, std::vector<Finding> findings) {
    incidents::Tick tick;
    tick.now = tick.at = bench.clock.now();
    tick.prometheus = "main";
    tick.findings = std::move(findings);
    tick.rules = {{.rule = "authz-denials", .health = RuleHealth::ok, .judged = true, .cause = {}, .threshold = 10,
                   .window = 60s}};
    return tick;
}

struct Timed {
    double seconds = 0, cpu = 0;
};

Timed timed(auto&& work) {
    const auto before = std::chrono::steady_clock::now();
    const auto cpu = cpu_seconds();
    work();
    return {seconds(std::chrono::steady_clock::now() - before), cpu_seconds() - cpu};
}

// Of the requests to one path: how many, and how many seconds after `from` the first and the last came; -1: none.
struct Arrivals {
    int count = 0;
    double first = -1, last = -1;
};

Arrivals arrivals(const Bench& bench, const std::string& path, SteadyTime from) {
    Arrivals found;
    for (const auto& request : bench.server.requests()) {
        if (request.path != path) continue;
        found.last = seconds(request.received - from);
        if (found.count++ == 0) found.first = found.last;
    }
    return found;
}

nlohmann::json run(int count, const std::string& folder) {
    Bench bench(folder);
    const auto open = [&] { return incidents::open_store("sqlite:" + bench.file); };
    if (!open()) throw std::runtime_error("the store cannot be opened");
    notify::Courier courier(bench.options, open, bench.clock, bench.registry);
    app::Keeper keeper("main", open, {bench.clock, bench.metrics, bench.settle, [&] { courier.wake(); }});
    if (!keeper.recall({"main/topology"})) throw std::runtime_error("the store cannot be read");
    std::this_thread::sleep_for(200ms);  // until the courier's threads wait

    std::vector<Finding> findings;
    const Time at = bench.clock.now();
    for (int i = 0; i < count; ++i) findings.push_back(finding(i, i >= count - count / 100, at));
    const double before = peak_megabytes();
    const auto size_before = size_of(bench.file);
    const auto keep = [&](std::vector<Finding> found) {
        if (!keeper.keep(tick(bench, std::move(found)), {})) throw std::runtime_error("a tick was not saved");
    };
    const auto from = std::chrono::steady_clock::now();
    const auto opened = timed([&] { keep(findings); });
    const auto size_after = size_of(bench.file);
    const double peak = peak_megabytes();
    const auto again = timed([&] { keep(findings); });
    const std::size_t notices = std::size_t(count) + std::size_t(count / 100);
    bench.server.wait_for(notices, longest_drain);
    const auto pages = arrivals(bench, "/pages", from), all = arrivals(bench, "/all", from);
    const auto resolved = timed([&] { keep({}); });
    return {{"findings", count},
            {"settled_seconds", opened.seconds},
            {"settled_cpu_seconds", opened.cpu},
            {"first_page_seconds", pages.first},
            {"last_page_seconds", pages.last},
            {"told_a_second", all.count / all.last},
            {"unchanged_tick_seconds", again.seconds},
            {"resolved_seconds", resolved.seconds},
            {"peak_megabytes", peak},
            {"peak_growth_megabytes", peak - before},
            {"database_growth_megabytes", double(size_after - size_before) / (1 << 20)},
            {"database_bytes_a_finding", double(size_after - size_before) / count}};
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::cerr << "storm_bench FINDINGS FOLDER\n";
        return 2;
    }
    spdlog::set_default_logger(spdlog::stderr_logger_mt("storm"));  // as the service does
    std::cout << run(std::stoi(argv[1]), argv[2]).dump() << "\n";
    return 0;
} catch (const std::exception& problem) {
    std::cerr << problem.what() << "\n";
    return 3;
}

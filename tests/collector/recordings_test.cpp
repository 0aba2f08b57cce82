// Pages of real Envoys, ztunnels and istiods before and after counted faults, through a real Prometheus and the shipped
// signals: our increments are the events that were made.
#include <atomic>
#include <fstream>
#include <iterator>
#include <map>

#include <nlohmann/json.hpp>

#include "collector/prometheus_answer.hpp"
#include "config/config.hpp"
#include "tests/collector/watched.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;

namespace {

const std::string folder = MESHWARDEN_TEST_DATA "/real-pages/";

struct Case {
    std::string name, before, after;
    std::map<std::string, double> events;  // by signal
};

std::string read(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<Case> read_cases() {
    std::vector<Case> cases;
    for (const auto& entry : nlohmann::json::parse(read(folder + "cases.json")))
        cases.push_back({entry.at("case"), entry.at("before"), entry.at("after"), entry.at("events")});
    return cases;
}

fakes::PageAnswer page(const std::string& path) {
    const bool open_metrics = path.starts_with("ztunnel/");
    return {
        200,
        read(folder + path),
        {{"Content-Encoding", "gzip"},
         {"Content-Type", open_metrics ? "application/openmetrics-text; version=1.0.0" : "text/plain; version=0.0.4"}}};
}

// How many targets were scraped well after `since`.
double scraped(const std::string& url, double since) {
    io::HttpClient http;
    io::Endpoint endpoint;
    endpoint.url = url;
    const std::string query = "count((timestamp(up) > " + std::to_string(since) + ") and (up == 1))";
    const auto response = http.send(endpoint, {"POST", "/api/v1/query", io::form_encode({{"query", query}}),
                                               "application/x-www-form-urlencoded", {}});
    if (!response) return 0;
    const auto answer = parse_answer(response->status, response->body, 1);
    return answer ? answer->scalar_or(0) : 0;
}

double now() {
    return to_epoch_seconds(io::SystemClock().now());
}

}  // namespace

TEST_CASE("the increments of the shipped signals are the events that were made") {
    require_prometheus();
    const auto shipped = config::shipped();
    REQUIRE(shipped.problems.empty());
    const auto cases = read_cases();
    REQUIRE(cases.size() > 200);

    std::atomic<bool> after = false;
    std::map<std::string, const Case*> by_name;
    fakes::ScrapeJob job{"real", {}};
    const fakes::PageServer server([&](const fakes::PageRequest& request) {
        const Case& one = *by_name.at(request.path.substr(1));
        return page(after ? one.after : one.before);
    });
    for (const auto& one : cases) {
        by_name[one.name] = &one;
        job.targets.push_back({server.address(), {{"__metrics_path__", "/" + one.name}, {"instance", one.name}}});
    }
    const fakes::PrometheusProcess prometheus({job}, "3s");
    Options options;
    options.endpoint.url = prometheus.url();
    Watcher watcher(options, shipped.config.signals);
    REQUIRE(
        eventually([&] { return scraped(prometheus.url(), 0) == double(cases.size()); }, std::chrono::seconds(120)));
    watcher.poll();

    after = true;
    const double since = now() + 1;
    REQUIRE(eventually([&] { return scraped(prometheus.url(), since) == double(cases.size()); },
                       std::chrono::seconds(120)));
    const Snapshot& snapshot = watcher.poll();
    std::map<std::string, std::map<std::string, double>> counted;  // by case and signal
    for (const auto& reading : snapshot.readings)
        for (const auto& update : reading.updates)
            for (const auto& point : update.points)
                counted[std::string(update.series->metric.get("instance"))][reading.signal] += point.increment;
    double all = 0;
    for (const auto& one : cases) {
        for (const auto& [signal, events] : one.events) {
            CAPTURE(one.name, signal);
            CHECK(counted[one.name][signal] == events);
            all += events;
        }
    }
    CHECK(all > 400);
    for (const auto& reading : snapshot.readings) {
        CAPTURE(reading.signal, reading.coverage.cause.text);
        CHECK((reading.answered || reading.signal == "requests" || reading.signal == "tcp_connections"));
    }
}

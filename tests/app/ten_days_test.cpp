// Ten days of a healthy mesh with rollouts and an autoscaler through the collector's fold, every learned rule and settle, with a made-up
// Prometheus and clock: what is told stays within the budget.
#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <vector>

#include "app/rule_stage.hpp"
#include "app/rule_test.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace std::chrono_literals;

namespace {

constexpr int day = 288;  // scrapes, one in five minutes
constexpr int days = 10;
constexpr int workloads = 24;

std::string name_of(int workload) { return "w" + std::to_string(workload); }
std::string space_of(int workload) { return workload % 3 == 0 ? "pay" : workload % 3 == 1 ? "shop" : "crew"; }

// The counters of a mesh, pod by pod at the destination.
class HealthyMesh {
public:
    explicit HealthyMesh(unsigned seed) : random_(seed) {
        for (int source = 0; source < workloads; ++source)
            for (const int step : {1, 2, 5, 11}) call(source, (source + step) % workloads, 5 + int(random_() % 60));
        for (int i = 0; i < workloads; ++i) versions_[i] = pods_[i] = 1;
    }

    std::vector<rehearsal::ScriptedSeries> play() {
        for (now_ = 0; now_ < days * day; ++now_) {
            // A rollout each half day brings a new edge each other time; the autoscaler follows the day.
            if (now_ % (day / 2) == 100) roll_out(now_ / (day / 2) * 5 % workloads, now_ % day == 100);
            if (now_ % day == 120 || now_ % day == 220) pods_[3] = pods_[9] = now_ % day == 120 ? 3 : 1;
            for (const auto& [edge, rate] : edges_) flow(edge.first, edge.second, rate * rhythm());
            uptimes();
        }
        std::vector<rehearsal::ScriptedSeries> all;
        for (auto& [labels, steps] : series_) all.push_back({labels, std::move(steps)});
        return all;
    }

private:
    void call(int source, int destination, int rate) { edges_[{source, destination}] = rate; }

    double rhythm() const {
        const double hour = double(now_ % day) / 12;
        const bool weekend = now_ / day % 7 >= 5;
        return (1 + 0.6 * std::cos((hour - 14) / 24 * 2 * std::numbers::pi)) * (weekend ? 0.6 : 1);
    }

    void roll_out(int workload, bool new_edge) {
        ++versions_[workload];
        generation_[workload] = now_;
        if (new_edge) call(workload, (workload + 7) % workloads, 10);
    }

    std::string pod_of(int workload, int pod) const {
        const auto generation = generation_.find(workload);
        const int born = pod > 0 ? now_ / day : generation == generation_.end() ? 0 : generation->second;
        return name_of(workload) + "-" + std::to_string(born) + "-" + std::to_string(pod);
    }

    void show(const Labels& labels, double value) {
        using rehearsal::Step;
        auto& steps = series_[labels];
        const auto gap = steps.empty() ? Step::Kind::missing : Step::Kind::stale;
        while (int(steps.size()) < now_) steps.push_back({gap, 0});
        steps.push_back({Step::Kind::value, value});
    }

    void flow(int source, int destination, double mean) {
        const int pods = pods_[destination];
        for (int pod = 0; pod < pods; ++pod) {
            const Labels labels{{"__name__", "istio_requests_total"},
                                {"reporter", "destination"},
                                {"response_code", "200"},
                                {"request_protocol", "http"},
                                {"job", "pods"},
                                {"instance", pod_of(destination, pod)},
                                {"pod", pod_of(destination, pod)},
                                {"source_workload", name_of(source)},
                                {"source_workload_namespace", space_of(source)},
                                {"source_version", "v" + std::to_string(versions_[source])},
                                {"destination_workload", name_of(destination)},
                                {"destination_workload_namespace", space_of(destination)},
                                {"destination_service_name", name_of(destination)}};
            auto& total = totals_[labels];
            total += std::poisson_distribution<int>(mean / pods)(random_);
            if (total > 0) show(labels, total);
        }
    }

    void uptimes() {
        for (int workload = 0; workload < workloads; ++workload)
            for (int pod = 0; pod < pods_[workload]; ++pod) {
                const auto since = generation_.contains(workload) ? generation_.at(workload) : -day;
                show({{"__name__", "envoy_server_uptime"},
                      {"job", "pods"},
                      {"instance", pod_of(workload, pod)},
                      {"namespace", space_of(workload)},
                      {"pod", pod_of(workload, pod)}},
                     300 * (now_ - since));
            }
    }

    std::minstd_rand random_;
    std::map<std::pair<int, int>, int> edges_;
    std::map<int, int> versions_, pods_, generation_;
    std::map<Labels, double> totals_;
    std::map<Labels, std::vector<rehearsal::Step>> series_;
    int now_ = 0;
};

}  // namespace

TEST_CASE("ten healthy days with rollouts stay within the budget", "[slow]") {
    const auto loaded = config::load_tests(MESHWARDEN_PACK "/behaviour.yaml");
    REQUIRE(loaded.problems.empty());
    config::RuleTest test;
    test.series = HealthyMesh(1).play();
    const auto end = app::test_start + days * day * 5min;
    app::RuleStage stage(loaded.config, test, {app::test_start, 5min, end});
    std::map<Severity, int> opened;
    std::map<std::string, int> by_rule;
    for (auto now = app::test_start; now < end; now += 5min) {
        if (!stage.tick(now)) FAIL("a tick failed");
        for (const auto& notice : stage.take_notices())
            if (notice.reason == NoticeReason::opened) {
                ++opened[notice.incident.severity];
                ++by_rule[notice.incident.rule];
            }
    }
    CHECK(opened[Severity::critical] == 0);
    CHECK(opened[Severity::high] <= 2 * days);
    CHECK(opened[Severity::medium] <= 5 * days);
    CHECK(opened[Severity::low] <= 20 * days);
    CHECK(by_rule["topology-new-edge"] > 0);  // of rollouts: not deaf
}

#include "collector/rollouts.hpp"

#include <algorithm>

#include "collector/workload_name.hpp"

namespace meshwarden::collector {
namespace {

constexpr double young_seconds = 3600;

std::string_view first_of(const Metric& metric, std::string_view name, std::string_view other) {
    const auto value = metric.get(name);
    return value.empty() ? metric.get(other) : value;
}

}  // namespace

Rollouts::Rollouts(const Answer& uptimes, const std::string& cluster) {
    for (std::size_t i = 0; i < uptimes.size(); ++i) {
        const auto metric = uptimes.metric(i);
        const auto pod = cut_text(first_of(metric, "pod", "kubernetes_pod_name"), Metric::max_value);
        if (pod.empty()) continue;
        const auto own_cluster = metric.get("cluster");
        Labels workload;
        workload.set("cluster", own_cluster.empty() ? cluster : cut_text(own_cluster, Metric::max_value));
        workload.set("source_namespace",
                     cut_text(first_of(metric, "namespace", "kubernetes_namespace"), Metric::max_value));
        workload.set("source_workload", workload_of_pod(pod, metric.get("pod_template_hash")));
        pods_[workload].push_back(uptimes.samples(i));
    }
}

std::vector<Labels> Rollouts::at(std::optional<Time> time) const {
    std::vector<Labels> rolled_out;
    for (const auto& [workload, pods] : pods_) {
        std::size_t all = 0, young = 0;
        for (const auto samples : pods) {
            const auto* sample = sample_at(samples, time);
            if (!sample) continue;
            ++all;
            young += sample->value < young_seconds;
        }
        if (young > 0 && 2 * young >= all) rolled_out.push_back(workload);
    }
    return rolled_out;
}

}  // namespace meshwarden::collector

// Which workloads were rolled out: at least half of their pods are younger than an hour. An autoscaler that adds a few
// pods is no rollout. Told by the uptime of the proxies; workloads without one are not seen.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collector/prometheus_answer.hpp"

namespace meshwarden::collector {

constexpr std::string_view uptimes_question =
    "min by (cluster, namespace, kubernetes_namespace, pod, kubernetes_pod_name, pod_template_hash) "
    "(envoy_server_uptime)";

// Over an answer to uptimes_question, which must outlive it.
class Rollouts {
public:
    Rollouts(const Answer& uptimes, const std::string& cluster);  // `cluster`: of series that carry none

    // cluster, source_namespace, source_workload; at one time of the answer, none: the newest.
    std::vector<Labels> at(std::optional<Time> time) const;

private:
    std::map<Labels, std::vector<std::span<const Sample>>> pods_;  // by workload
};

}  // namespace meshwarden::collector

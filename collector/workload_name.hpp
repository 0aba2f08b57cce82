// The workload that a pod belongs to, told from its name. Pure.
#pragma once

#include <string_view>

namespace meshwarden::collector {

// The pod's name less ReplicaSet hash and suffix (`template_hash`: the label pod_template_hash, "" where absent),
// StatefulSet ordinal or DaemonSet suffix; else the name itself.
std::string_view workload_of_pod(std::string_view pod, std::string_view template_hash);

}  // namespace meshwarden::collector

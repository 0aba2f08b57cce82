// Names that say where a series belongs: Istio's cluster names, and pods.
#include "collector/extract.hpp"
#include "collector/workload_name.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden::collector;
using meshwarden::fuzz::promise;

namespace {

bool inside(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = meshwarden::fuzz::text_of(data, size);
    static const std::vector<std::string> domains{"cluster.local", "td"};
    const auto name = parse_cluster_name(text, domains);
    for (const auto part : {name.host, name.host_namespace, name.port})
        promise(inside(part, text), "a part of a cluster name lies in it");
    promise(name.host.size() + name.host_namespace.size() + name.port.size() <= text.size(), "parts do not overlap");

    const auto end = text.find('\n');
    const auto pod = text.substr(0, end);
    const auto hash = end == text.npos ? std::string_view{} : text.substr(end + 1);
    const auto workload = workload_of_pod(pod, hash);
    promise(inside(workload, pod) && pod.starts_with(workload), "a workload's name begins its pod's");
    promise(workload.empty() == pod.empty(), "every pod has a workload");
    return 0;
}

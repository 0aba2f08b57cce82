#include "tests/meshsim/render.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace meshwarden::meshsim {
namespace {

constexpr auto plain_text = "text/plain; version=0.0.4; charset=utf-8";
constexpr auto open_metrics = "application/openmetrics-text;charset=utf-8;version=1.0.0";

void append_labels(const Mesh& mesh, const SeriesKey& key, std::string& out) {
  const char* separator = "";
  for (const TextId id : {TextId{key.reporter}, key.source, key.destination, key.tail}) {
    if (id == 0) continue;
    out += separator;
    out += mesh.texts.at(id);
    separator = ",";
  }
}

void append_value(std::uint64_t value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = fmt::format_to(digits.data(), "{}", value);
  out.append(digits.data(), end);
}

template <class Head>
void append_series(const Mesh& mesh, const Page& page, std::string& out, Head head) {
  auto shown = Family::count;
  for (const Series& series : page.series()) {
    if (series.key.family != shown) {
      shown = series.key.family;
      head(info(shown));
    }
    out += info(shown).name;
    out += '{';
    append_labels(mesh, series.key, out);
    out += "} ";
    append_value(series.value, out);
    out += '\n';
  }
}

// What pilot-agent puts in front of Envoy's page.
void append_agent(const Pod& pod, double now, std::string& out) {
  constexpr double certificate_life = 86400;
  const double left = certificate_life - std::fmod(now - pod.born, certificate_life / 2);
  fmt::format_to(std::back_inserter(out),
                 "# HELP istio_agent_cert_expiry_seconds The time remaining, in seconds, before the certificate chain "
                 "will expire. "
                 "A negative value indicates the cert is expired.\n# TYPE istio_agent_cert_expiry_seconds gauge\n"
                 "istio_agent_cert_expiry_seconds{{resource_name=\"default\"}} {:.3f}\n"
                 "# HELP istio_agent_num_outgoing_requests Number of total outgoing requests (e.g. to a token exchange "
                 "server, CA, etc.)\n"
                 "# TYPE istio_agent_num_outgoing_requests counter\n"
                 "istio_agent_num_outgoing_requests{{request_type=\"csr\"}} {}\n",
                 left, 1 + static_cast<long>((now - pod.born) / (certificate_life / 2)));
}

struct Fixed {
  const char* type;
  const char* name;
  int value;
};
constexpr std::array fixed_stats{
    Fixed{"counter", "envoy_cluster_manager_cluster_added", 22},
    Fixed{"counter", "envoy_cluster_manager_cluster_modified", 0},
    Fixed{"counter", "envoy_listener_manager_listener_added", 2},
    Fixed{"counter", "envoy_listener_manager_listener_in_place_updated", 0},
    Fixed{"counter", "envoy_listener_manager_listener_modified", 0},
    Fixed{"gauge", "envoy_listener_manager_total_listeners_active", 2},
    Fixed{"gauge", "envoy_server_concurrency", 2},
    Fixed{"gauge", "envoy_server_days_until_first_cert_expiring", 0},
    Fixed{"gauge", "envoy_server_live", 1},
    Fixed{"gauge", "envoy_server_state", 0},
};

void append_envoy(const Pod& pod, double now, std::string& out) {
  for (const Fixed& stat : fixed_stats) {
    fmt::format_to(std::back_inserter(out), "# TYPE {0} {1}\n{0}{{}} {2}\n", stat.name, stat.type, stat.value);
  }
  // Envoy moves this gauge at its flush, every 5 s.
  const auto uptime = static_cast<long>((now - pod.born) / 5) * 5;
  fmt::format_to(std::back_inserter(out),
                 "# TYPE envoy_server_uptime gauge\nenvoy_server_uptime{{}} {}\n"
                 "# TYPE istio_build gauge\nistio_build{{component=\"proxy\",tag=\"1.30.3\"}} 1\n",
                 uptime);
}

std::string sidecar_page(const Mesh& mesh, const Pod& pod, double now) {
  std::string out;
  out.reserve(4096 + pod.page.series().size() * 400);
  append_agent(pod, now, out);
  append_series(mesh, pod.page, out, [&](const FamilyInfo& family) {
    fmt::format_to(std::back_inserter(out), "# TYPE {} counter\n", family.name);
  });
  append_envoy(pod, now, out);
  return out;
}

// OpenMetrics: HELP and TYPE name the family without _total.
std::string ztunnel_page(const Mesh& mesh, const Pod& pod, double now) {
  std::string out;
  out.reserve(4096 + pod.page.series().size() * 1000);
  std::size_t active = 0;
  for (const Workload& workload : mesh.workloads) {
    if (workload.role != Role::service || workload.mode == Mode::sidecar) continue;
    for (const PodId id : workload.pods) active += mesh.pods[id]->node == pod.node ? 1 : 0;
  }
  fmt::format_to(std::back_inserter(out),
                 "# HELP tokio_worker_park_count the total number of times the given worker thread has parked\n"
                 "# TYPE tokio_worker_park_count counter\ntokio_worker_park_count_total{{worker=\"0\"}} {}\n"
                 "# HELP istio_build Istio component build info.\n# TYPE istio_build gauge\n"
                 "istio_build{{component=\"ztunnel\",tag=\"1.30.3\"}} 1\n",
                 static_cast<long>((now - pod.born) * 20));
  append_series(mesh, pod.page, out, [&](const FamilyInfo& family) {
    const std::string_view name = family.name.substr(0, family.name.size() - std::string_view("_total").size());
    fmt::format_to(std::back_inserter(out), "# HELP {0} {1}.\n# TYPE {0} counter\n", name, family.help);
  });
  fmt::format_to(
      std::back_inserter(out),
      "# HELP workload_manager_active_proxy_count The total number current workloads with active proxies (unstable).\n"
      "# TYPE workload_manager_active_proxy_count gauge\nworkload_manager_active_proxy_count {}\n# EOF\n",
      active);
  return out;
}

std::string job_labels(const Workload& workload, const Pod& pod) {
  const bool istiod = workload.role == Role::istiod;
  std::string labels =
      fmt::format(R"("job":"{}","instance":"{}:{}","namespace":"{}","pod":"{}","app":"{}","node":"{}")",
                  istiod ? "istiod" : "kubernetes-pods", pod.ip, istiod ? 15014 : 15020, workload.space, pod.name,
                  workload.name, pod.node);
  if (!pod.hash.empty()) labels += fmt::format(R"(,"pod_template_hash":"{}")", pod.hash);
  if (workload.role == Role::service) {
    labels += fmt::format(
        R"(,"version":"v1","service_istio_io_canonical_name":"{}","service_istio_io_canonical_revision":"v1")",
        workload.name);
  }
  return labels;
}

}  // namespace

RenderedPage render_page(const Mesh& mesh, const Pod& pod, double now) {
  switch (mesh.workloads[pod.workload].role) {
    case Role::istiod:
      return {plain_text, mesh.istiod.render(now)};
    case Role::ztunnel:
      return {open_metrics, ztunnel_page(mesh, pod, now)};
    default:
      return {plain_text, sidecar_page(mesh, pod, now)};
  }
}

std::string render_targets(const Mesh& mesh, const std::string& address) {
  std::string out = "[";
  for (const Workload& workload : mesh.workloads) {
    if (!has_page(workload)) continue;
    for (const PodId id : workload.pods) {
      const Pod& pod = *mesh.pods[id];
      fmt::format_to(std::back_inserter(out),
                     R"({}{{"targets":["{}"],"labels":{{"__metrics_path__":"/metrics/{}",{}}}}})",
                     out.size() > 1 ? ",\n" : "", address, pod.name, job_labels(workload, pod));
    }
  }
  return out + "]\n";
}

}  // namespace meshwarden::meshsim

#include "tests/meshsim/istiod.hpp"

#include <fmt/format.h>

#include <iterator>

namespace meshwarden::meshsim {
namespace {

using Out = std::back_insert_iterator<std::string>;

void head(Out out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(out, "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

template <class Value>
void single(Out out, std::string_view name, std::string_view type, std::string_view help, Value value) {
  head(out, name, type, help);
  fmt::format_to(out, "{} {}\n", name, value);
}

void histogram(Out out, std::string_view name, std::string_view help, const Histogram& data) {
  head(out, name, "histogram", help);
  for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
    fmt::format_to(out, "{}_bucket{{le=\"{:g}\"}} {}\n", name, Histogram::bounds[i], data.buckets[i]);
  }
  fmt::format_to(out, "{0}_bucket{{le=\"+Inf\"}} {1}\n{0}_sum {2:.6f}\n{0}_count {1}\n", name, data.count, data.sum);
}

void pushes_part(Out out, const Istiod& istiod) {
  histogram(out, "pilot_proxy_convergence_time",
            "Delay in seconds between config change and a proxy receiving all required configuration.",
            istiod.convergence);
  histogram(out, "pilot_proxy_queue_time", "Time in seconds, a proxy is in the push queue before being dequeued.",
            istiod.queue_time);
  head(out, "pilot_push_triggers", "counter",
       "Total number of times a push was triggered, labeled by reason for the push.");
  fmt::format_to(out, "pilot_push_triggers{{type=\"config\"}} {}\n", istiod.push_triggers);
}

}  // namespace

void Histogram::observe(double seconds, std::uint64_t times) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (seconds <= bounds[i]) buckets[i] += times;
  }
  count += times;
  sum += seconds * static_cast<double>(times);
}

void Istiod::converge(double seconds, std::uint64_t times) {
  queue_time.observe(0.02, times);
  convergence.observe(seconds, times);
  push_triggers += times;
  pushes += times;
}

void Istiod::change() {
  updates_config += 1;
  debounce.observe(0.11, 1);
  if (freezes == 0 && connected > lost) converge(0.04, connected - lost);
}

std::string Istiod::render(double now) const {
  std::string text;
  const Out out(text);
  single(out, "citadel_server_root_cert_expiry_timestamp", "gauge",
         "The unix timestamp, in seconds, when the root cert will expire.",
         static_cast<std::uint64_t>(born) + 315360000);
  single(out, "endpoint_no_pod", "gauge", "Endpoints without an associated pod.", 0);
  head(out, "istio_build", "gauge", "Istio component build info");
  fmt::format_to(out, "istio_build{{component=\"pilot\",tag=\"1.30.3\"}} 1\n");
  single(out, "istiod_uptime_seconds", "gauge", "Current istiod server uptime in seconds", now - born);
  single(out, "pilot_conflict_inbound_listener", "gauge", "Number of conflicting inbound listeners.", 0);
  histogram(out, "pilot_debounce_time",
            "Delay in seconds between the first config enters debouncing and the merged push request is pushed into "
            "the push queue (includes pushcontext_init_seconds).",
            debounce);
  head(out, "pilot_inbound_updates", "counter", "Total number of updates received by pilot.");
  fmt::format_to(out, "pilot_inbound_updates{{type=\"config\"}} {}\n", updates_config);
  fmt::format_to(out, "pilot_inbound_updates{{type=\"eds\"}} {}\n", updates_endpoints);
  head(out, "pilot_info", "gauge", "Pilot version and build information.");
  fmt::format_to(out, "pilot_info{{version=\"1.30.3-5c1e3c6-Clean\"}} 1\n");
  if (convergence.count > 0) pushes_part(out, *this);
  single(out, "pilot_services", "gauge", "Total services known to pilot.", services);
  if (rejects > 0) {
    head(out, "pilot_total_xds_rejects", "counter", "Total number of XDS responses from pilot rejected by proxy.");
    fmt::format_to(out, "pilot_total_xds_rejects{{type=\"cds\"}} {}\n", rejects);
  }
  head(out, "pilot_xds", "gauge", "Number of endpoints connected to this pilot using XDS.");
  fmt::format_to(out, "pilot_xds{{version=\"1.30.3\"}} {}\n", connected > lost ? connected - lost : 0);
  if (pushes > 0) {
    head(out, "pilot_xds_pushes", "counter", "Pilot build and send errors for lds, rds, cds and eds.");
    fmt::format_to(out, "pilot_xds_pushes{{type=\"cds\"}} {0}\npilot_xds_pushes{{type=\"lds\"}} {0}\n", pushes);
  }
  single(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.",
         static_cast<std::uint64_t>(born));
  return text;
}

}  // namespace meshwarden::meshsim

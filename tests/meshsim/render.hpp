// Pages as Prometheus scrapes them, and the list of targets.
// Bring the traffic up to `now` first (traffic.hpp): these only write down what is counted.
#pragma once
#include <string>

#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

struct RenderedPage {
  std::string content_type;
  std::string body;
};

// Text format 0.0.4, or OpenMetrics for a ztunnel, as the real parts serve them.
RenderedPage render_page(const Mesh& mesh, const Pod& pod, double now);

// Prometheus' http_sd JSON; `address` is host:port of this server. Retired pods are left out.
std::string render_targets(const Mesh& mesh, const std::string& address);

}  // namespace meshwarden::meshsim

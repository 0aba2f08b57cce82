// The label texts of Istio's standard metrics, as sidecars, gateways, waypoints and ztunnel write them.
#pragma once
#include <string>
#include <string_view>

#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

// Number of the text reporter="...". They are interned first, so they fit 16 bits.
struct Reporters {
  std::uint16_t source, destination, waypoint;
};
Reporters reporters(Texts& texts);

std::string source_labels(const Workload& workload);
std::string unknown_source_labels();
// `service` false: destination_service* of nobody. `workload` null: unknown workload.
std::string destination_labels(const Workload* workload, const Workload& service);

// What stands behind the parties on istio_requests_total.
struct HttpTail {
  std::string_view protocol = "http";  // http or grpc
  int code = 200;
  std::string_view grpc_status = {};
  std::string_view flags = "-";
  std::string_view policy = "mutual_tls";
};
TextId tail(Texts& texts, const HttpTail& http);
TextId tcp_tail(Texts& texts, std::string_view flags, std::string_view policy);
// ztunnel's: with the places of both ends.
TextId ztunnel_tail(Texts& texts, std::string_view flags, std::string_view policy);

// Fills workload.texts; `waypoint` serves those that stand behind one.
void name_workload(Texts& texts, Workload& workload, const Workload& waypoint);

}  // namespace meshwarden::meshsim

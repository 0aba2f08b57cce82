#include "tests/meshsim/kinds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/mischief.hpp"
#include "tests/meshsim/upkeep.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr auto parties = "source destination";

constexpr std::array table{
    Kind{"denials-http", Need::http, Caller::known, parties, 40, deny_http},
    Kind{"denials-grpc", Need::grpc, Caller::known, parties, 40, deny_grpc},
    Kind{"denials-tcp", Need::tcp, Caller::known, parties, 40, deny_tcp},
    Kind{"denials-ambient", Need::ambient, Caller::known, parties, 40, deny_ambient},
    Kind{"denials-gateway", Need::frontend, Caller::gateway, "destination", 40, deny_gateway},
    Kind{"denials-waypoint", Need::waypoint, Caller::known, parties, 40, deny_waypoint},
    Kind{"app-403", Need::http, Caller::known, parties, 40, answer_403},
    Kind{"mtls", Need::http, Caller::known, "source destination reason", 12, fail_mtls, name_reason},
    Kind{"mtls-ambient", Need::ambient, Caller::known, parties, 12, fail_mtls_ambient, name_handshake},
    Kind{"mtls-gateway", Need::nothing, Caller::nobody, "reason", 12, fail_mtls_gateway, name_reason},
    Kind{"plaintext-strict", Need::sidecar, Caller::outside, parties, 12, send_plaintext, name_plaintext},
    Kind{"plaintext-ambient", Need::ambient, Caller::outside, "destination", 40, send_plaintext_ambient,
         name_plaintext_ambient},
    Kind{"retry-storm", Need::web, Caller::known, parties, 200, retry},
    Kind{"new-edge", Need::by_protocol, Caller::fresh, "source destination protocol", 5, call_once},
    Kind{"scan", Need::nothing, Caller::nobody, "source destinations", 0, scan_next, list_destinations},
    Kind{"slow-convergence", Need::nothing, Caller::nobody, "", 10, converge_slowly},
    Kind{"xds-reject", Need::nothing, Caller::nobody, "", 3, reject_configuration},
    Kind{"pod-restart", Need::workload, Caller::nobody, "destination pod", 0, restart_next, list_pods},
    Kind{"deploy", Need::workload, Caller::nobody, "destination", 0, replace_next, prepare_deploy},
    Kind{"autoscale", Need::workload, Caller::nobody, "destination replicas", 0, scale_next, prepare_autoscale},
    Kind{"mesh-restart", Need::nothing, Caller::nobody, "", 0, restart_next, list_all_proxies},
    Kind{"frozen-mesh", Need::nothing, Caller::nobody, "", 0, debounce, freeze, thaw, 3},
    Kind{"proxies-lost", Need::nothing, Caller::nobody, "share", 0, nullptr, lose_proxies, regain_proxies},
    Kind{"vanished-edge", Need::edge, Caller::known, parties, 0, nullptr, silence_edge, revive_edge},
    Kind{"scrape-outage", Need::nothing, Caller::nobody, "share destination", 0, nullptr, darken, lighten},
};

bool fits(const Workload& workload, Need need, const std::string& protocol) {
  const bool sidecar = workload.role == Role::service && workload.mode == Mode::sidecar;
  switch (need) {
    case Need::nothing:
      return true;
    case Need::workload:
      return workload.role == Role::service || workload.role == Role::gateway || workload.role == Role::ztunnel ||
             workload.role == Role::waypoint;
    case Need::edge:
      return workload.role == Role::service;
    case Need::http:
    case Need::frontend:
      return sidecar && workload.protocol == Protocol::http;
    case Need::grpc:
      return sidecar && workload.protocol == Protocol::grpc;
    case Need::tcp:
      return sidecar && workload.protocol == Protocol::tcp;
    case Need::web:
      return sidecar && workload.protocol != Protocol::tcp;
    case Need::sidecar:
      return sidecar;
    case Need::ambient:
      return workload.role == Role::service && workload.mode == Mode::ambient;
    case Need::waypoint:
      return workload.role == Role::service && workload.mode == Mode::waypoint;
    case Need::by_protocol:
      return sidecar && workload.protocol == (protocol == "tcp" ? Protocol::tcp : Protocol::http);
  }
  return false;
}

std::vector<WorkloadId> callers(const Mesh& mesh, WorkloadId destination, Role role) {
  std::vector<WorkloadId> found;
  for (const std::uint32_t edge : mesh.workloads[destination].inbound) {
    const WorkloadId source = mesh.edges[edge].source;
    if (mesh.workloads[source].role == role && !mesh.edges[edge].silent) found.push_back(source);
  }
  return found;
}

bool may_reach(const Workload& source, const Workload& destination) {
  return source.role == Role::service && (source.mode == Mode::sidecar) == (destination.mode == Mode::sidecar);
}

bool strangers(const Mesh& mesh, WorkloadId source, WorkloadId destination) {
  const Workload& target = mesh.workloads[destination];
  return source != destination && may_reach(mesh.workloads[source], target) && !target.visitors.contains(source) &&
         std::ranges::none_of(target.inbound, [&](std::uint32_t edge) { return mesh.edges[edge].source == source; });
}

std::expected<WorkloadId, Problem> named(const Mesh& mesh, const std::string& name) {
  const auto found = mesh.workload_by_name.find(name);
  if (found == mesh.workload_by_name.end())
    return std::unexpected(fmt::format("no workload '{}' (namespace/name)", name));
  return found->second;
}

template <class Accept>
std::expected<WorkloadId, Problem> pick(const Mesh& mesh, std::uint64_t number, Accept accept, const char* problem) {
  std::vector<WorkloadId> all;
  for (WorkloadId id = 0; id < mesh.workloads.size(); ++id) {
    if (accept(id)) all.push_back(id);
  }
  if (all.empty()) return std::unexpected(problem);
  return all[number % all.size()];
}

bool needs_known_caller(const Fault& fault) {
  const std::string& source = fault.parameters.source;
  return source == "known" || (source.empty() && fault.kind->caller == Caller::known);
}

std::expected<void, Problem> choose_destination(Mesh& mesh, Fault& fault, std::uint64_t number) {
  const Need need = fault.kind->need;
  const std::string& name = fault.parameters.destination;
  const auto suits = [&](WorkloadId id) { return fits(mesh.workloads[id], need, fault.parameters.protocol); };
  if (!name.empty()) {
    const auto found = named(mesh, name);
    if (!found) return std::unexpected(found.error());
    if (!suits(*found))
      return std::unexpected(fmt::format("{} cannot be done to {}: wrong protocol or mode", fault.kind->name, name));
    fault.destination = *found;
    return {};
  }
  if (need == Need::nothing) return {};
  const auto found = pick(
      mesh, number,
      [&](WorkloadId id) {
        if (need == Need::workload && mesh.workloads[id].role != Role::service) return false;
        if (needs_known_caller(fault) && callers(mesh, id, Role::service).empty()) return false;
        return suits(id) && (need != Need::frontend || !callers(mesh, id, Role::gateway).empty());
      },
      "no service suits");
  if (!found) return std::unexpected(found.error());
  fault.destination = *found;
  return {};
}

std::expected<void, Problem> choose_source(Mesh& mesh, Fault& fault, std::uint64_t number) {
  const std::string& wanted = fault.parameters.source;
  const Caller caller = fault.kind->caller;
  if (caller == Caller::gateway) {
    fault.source = mesh.gateway;
  } else if (needs_known_caller(fault)) {
    const auto known = callers(mesh, *fault.destination, Role::service);
    if (known.empty()) return std::unexpected("nobody inside the mesh calls that destination");
    fault.source = known[number % known.size()];
  } else if (wanted == "new" || (wanted.empty() && caller == Caller::fresh)) {
    const auto found = pick(
        mesh, number, [&](WorkloadId id) { return strangers(mesh, id, *fault.destination); },
        "everybody has called it");
    if (!found) return std::unexpected(found.error());
    fault.source = *found;
  } else if (!wanted.empty() && wanted != "outside") {
    const auto found = named(mesh, wanted);
    if (!found) return std::unexpected(found.error());
    if (!may_reach(mesh.workloads[*found], mesh.workloads[*fault.destination])) {
      return std::unexpected(fmt::format("{} cannot call that destination: one is ambient, the other not", wanted));
    }
    fault.source = *found;
  } else if (wanted == "outside" && caller != Caller::outside) {
    return std::unexpected(fmt::format("{} needs a caller inside the mesh", fault.kind->name));
  }
  return {};
}

void fill_labels(const Mesh& mesh, Fault& fault) {
  if (fault.source) {
    fault.labels["source_namespace"] = mesh.workloads[*fault.source].space;
    fault.labels["source_workload"] = mesh.workloads[*fault.source].name;
  }
  const bool gateway_itself = fault.kind->name == "mtls-gateway";
  if (!fault.destination && !gateway_itself) return;
  const Workload& destination = mesh.workloads[gateway_itself ? mesh.gateway : *fault.destination];
  fault.labels["destination_namespace"] = destination.space;
  const bool refused_on_the_way = fault.kind->need == Need::frontend || fault.kind->need == Need::waypoint;
  if (!refused_on_the_way) fault.labels["destination_workload"] = destination.name;
  if (destination.role == Role::service) fault.labels["destination_service"] = destination.name;
}

}  // namespace

std::span<const Kind> kinds() { return table; }

const Kind* find_kind(std::string_view name) {
  const auto found = std::ranges::find(table, name, &Kind::name);
  return found == table.end() ? nullptr : &*found;
}

std::expected<void, Problem> choose_parties(Mesh& mesh, Fault& fault, std::uint64_t number) {
  const std::string& protocol = fault.parameters.protocol;
  if (!protocol.empty() && protocol != "http" && protocol != "tcp") return std::unexpected("protocol: http or tcp");
  if (const auto done = choose_destination(mesh, fault, number); !done) return done;
  if (fault.destination && fault.kind->caller != Caller::nobody) {
    if (const auto done = choose_source(mesh, fault, mix(number)); !done) return done;
  }
  fill_labels(mesh, fault);
  if (fault.source && fault.destination) mesh.workloads[*fault.destination].visitors.insert(*fault.source);
  return {};
}

// One source, and services that it never called.
std::expected<void, Problem> list_destinations(Mesh& mesh, Fault& fault) {
  const std::uint64_t wanted = fault.parameters.destinations.value_or(8);
  const std::uint64_t number = dice(mesh.options.seed, 9, fault.id);
  const std::string& name = fault.parameters.source;
  const auto found =
      name.empty() || name == "new" || name == "known"
          ? pick(
                mesh, number, [&](WorkloadId id) { return fits(mesh.workloads[id], Need::sidecar, ""); }, "no service")
          : named(mesh, name);
  if (!found) return std::unexpected(found.error());
  for (WorkloadId id = 0; id < mesh.workloads.size() && fault.destinations.size() < wanted; ++id) {
    const WorkloadId turned = static_cast<WorkloadId>((id + number) % mesh.workloads.size());
    if (fits(mesh.workloads[turned], Need::sidecar, "") && strangers(mesh, *found, turned))
      fault.destinations.push_back(turned);
  }
  if (wanted == 0 || fault.destinations.size() < wanted) {
    return std::unexpected(fmt::format("only {} services were never called by that source", fault.destinations.size()));
  }
  for (const WorkloadId id : fault.destinations) mesh.workloads[id].visitors.insert(*found);
  fault.source = *found;
  fault.planned = wanted;
  fill_labels(mesh, fault);
  return {};
}

}  // namespace meshwarden::meshsim

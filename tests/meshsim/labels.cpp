#include "tests/meshsim/labels.hpp"

#include <fmt/format.h>

namespace meshwarden::meshsim {
namespace {

std::string principal(const Workload& workload) {
  return fmt::format("spiffe://cluster.local/ns/{}/sa/{}", workload.space, workload.name);
}

std::string host(const Workload& service) {
  return fmt::format("{}.{}.svc.cluster.local", service.name, service.space);
}

std::string listener(const Workload& workload) {
  switch (workload.role) {
    case Role::gateway:
      return "0.0.0.0_8443";
    case Role::waypoint:
      return "0.0.0.0_15008";
    default:
      return "0.0.0.0_15006";
  }
}

std::string connection_manager(const Workload& workload) {
  switch (workload.role) {
    case Role::gateway:
      return "outbound_0.0.0.0_8443";
    case Role::waypoint:
      return "inbound-vip_8080";
    default:
      return fmt::format("inbound_0.0.0.0_{}", workload.port);
  }
}

}  // namespace

Reporters reporters(Texts& texts) {
  const auto id = [&](std::string_view text) { return static_cast<std::uint16_t>(texts.intern(text)); };
  return {id(R"(reporter="source")"), id(R"(reporter="destination")"), id(R"(reporter="waypoint")")};
}

std::string source_labels(const Workload& workload) {
  return fmt::format(
      R"(source_workload="{0}",source_canonical_service="{0}",source_canonical_revision="v1",)"
      R"(source_workload_namespace="{1}",)"
      R"(source_principal="{2}",source_app="{0}",source_version="v1",source_cluster="Kubernetes")",
      workload.name, workload.space, principal(workload));
}

std::string unknown_source_labels() {
  return R"(source_workload="unknown",source_canonical_service="unknown",source_canonical_revision="latest",)"
         R"(source_workload_namespace="unknown",source_principal="unknown",source_app="unknown",)"
         R"(source_version="unknown",)"
         R"(source_cluster="unknown")";
}

std::string destination_labels(const Workload* workload, const Workload& service) {
  const std::string name = workload ? workload->name : "unknown";
  return fmt::format(
      R"(destination_workload="{0}",destination_workload_namespace="{1}",destination_principal="{2}",)"
      R"(destination_app="{0}",)"
      R"(destination_version="{3}",destination_service="{4}",destination_canonical_service="{0}",)"
      R"(destination_canonical_revision="{5}",destination_service_name="{6}",destination_service_namespace="{7}",)"
      R"(destination_cluster="{8}")",
      name, workload ? workload->space : "unknown", workload ? principal(*workload) : "unknown",
      workload ? "v1" : "unknown", host(service), workload ? "v1" : "latest", service.name, service.space,
      workload ? "Kubernetes" : "unknown");
}

TextId tail(Texts& texts, const HttpTail& http) {
  return texts.intern(fmt::format(
      R"(request_protocol="{}",response_code="{}",grpc_response_status="{}",response_flags="{}",)"
      R"(connection_security_policy="{}")",
      http.protocol, http.code, http.grpc_status, http.flags, http.policy));
}

TextId tcp_tail(Texts& texts, std::string_view flags, std::string_view policy) {
  return texts.intern(
      fmt::format(R"(request_protocol="tcp",response_flags="{}",connection_security_policy="{}")", flags, policy));
}

TextId ztunnel_tail(Texts& texts, std::string_view flags, std::string_view policy) {
  return texts.intern(fmt::format(
      R"(request_protocol="tcp",response_flags="{}",connection_security_policy="{}",source_region="unknown",)"
      R"(source_zone="unknown",destination_region="unknown",destination_zone="unknown")",
      flags, policy));
}

void name_workload(Texts& texts, Workload& workload, const Workload& waypoint) {
  WorkloadTexts& named = workload.texts;
  named.source = texts.intern(source_labels(workload));
  named.destination = texts.intern(destination_labels(&workload, workload));
  named.refused = texts.intern(destination_labels(nullptr, workload));
  named.via_waypoint = texts.intern(destination_labels(&waypoint, workload));
  named.cluster = texts.intern(fmt::format(R"(cluster_name="outbound|{}||{}")", workload.port, host(workload)));
  const auto rbac = [&](std::string_view result) {
    return texts.intern(fmt::format(R"(authz_enforce_result="{}",http_conn_manager_prefix="{}")", result,
                                    connection_manager(workload)));
  };
  named.allowed = rbac("allowed");
  named.denied = rbac("denied");
  named.listener = texts.intern(fmt::format(R"(listener_address="{}")", listener(workload)));
}

}  // namespace meshwarden::meshsim

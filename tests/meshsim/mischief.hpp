// One event of each kind that shows in traffic: exactly which series of which proxies it moves.
#pragma once
#include "tests/meshsim/kinds.hpp"

namespace meshwarden::meshsim {

void deny_http(Mesh& mesh, Fault& fault, Moment moment);
void deny_grpc(Mesh& mesh, Fault& fault, Moment moment);
void deny_tcp(Mesh& mesh, Fault& fault, Moment moment);
void deny_ambient(Mesh& mesh, Fault& fault, Moment moment);
void deny_gateway(Mesh& mesh, Fault& fault, Moment moment);
void deny_waypoint(Mesh& mesh, Fault& fault, Moment moment);
void answer_403(Mesh& mesh, Fault& fault, Moment moment);
void fail_mtls(Mesh& mesh, Fault& fault, Moment moment);
void fail_mtls_ambient(Mesh& mesh, Fault& fault, Moment moment);
void fail_mtls_gateway(Mesh& mesh, Fault& fault, Moment moment);
void send_plaintext(Mesh& mesh, Fault& fault, Moment moment);
void send_plaintext_ambient(Mesh& mesh, Fault& fault, Moment moment);
void retry(Mesh& mesh, Fault& fault, Moment moment);
void call_once(Mesh& mesh, Fault& fault, Moment moment);
void scan_next(Mesh& mesh, Fault& fault, Moment moment);

std::expected<void, Problem> name_reason(Mesh& mesh, Fault& fault);
std::expected<void, Problem> name_plaintext(Mesh& mesh, Fault& fault);
std::expected<void, Problem> name_plaintext_ambient(Mesh& mesh, Fault& fault);
std::expected<void, Problem> name_handshake(Mesh& mesh, Fault& fault);
std::expected<void, Problem> list_destinations(Mesh& mesh, Fault& fault);

}  // namespace meshwarden::meshsim

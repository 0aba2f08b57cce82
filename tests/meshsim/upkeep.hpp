// Faults and changes that are no calls: pods that come and go, a silent edge, dark targets, the control plane.
#pragma once
#include "tests/meshsim/kinds.hpp"

namespace meshwarden::meshsim {

std::expected<void, Problem> list_pods(Mesh& mesh, Fault& fault);  // of the destination, or the one named
std::expected<void, Problem> list_all_proxies(Mesh& mesh, Fault& fault);
std::expected<void, Problem> prepare_deploy(Mesh& mesh, Fault& fault);
std::expected<void, Problem> prepare_autoscale(Mesh& mesh, Fault& fault);
void restart_next(Mesh& mesh, Fault& fault, Moment moment);
void replace_next(Mesh& mesh, Fault& fault, Moment moment);
void scale_next(Mesh& mesh, Fault& fault, Moment moment);

std::expected<void, Problem> silence_edge(Mesh& mesh, Fault& fault);
void revive_edge(Mesh& mesh, Fault& fault, double at);
std::expected<void, Problem> darken(Mesh& mesh, Fault& fault);
void lighten(Mesh& mesh, Fault& fault, double at);

void converge_slowly(Mesh& mesh, Fault& fault, Moment moment);
void reject_configuration(Mesh& mesh, Fault& fault, Moment moment);
std::expected<void, Problem> freeze(Mesh& mesh, Fault& fault);
void debounce(Mesh& mesh, Fault& fault, Moment moment);
void thaw(Mesh& mesh, Fault& fault, double at);
std::expected<void, Problem> lose_proxies(Mesh& mesh, Fault& fault);
void regain_proxies(Mesh& mesh, Fault& fault, double at);

}  // namespace meshwarden::meshsim

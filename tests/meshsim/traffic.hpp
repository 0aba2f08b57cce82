// Healthy calls: Poisson per edge and whole second, with a daily shape, drawn from the seed. Advanced lazily; the
// counts do not depend on when the pages are read.
#pragma once
#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

// Counts all whole seconds up to `now` on the edges that this pod's page shows.
void advance_pod(Mesh& mesh, const Pod& pod, double now);
void advance_workload(Mesh& mesh, WorkloadId workload, double now);
void advance_edge(Mesh& mesh, Edge& edge, double now);
void advance_all(Mesh& mesh, double now);

// n healthy calls on an edge, spread evenly over the pods of both sides.
void carry(Mesh& mesh, Edge& edge, std::uint64_t n);

}  // namespace meshwarden::meshsim

// What else comes of an edge's calls in a lifelike mesh than 200: each edge has a few habits, each of which adds a call
// with that outcome once in so many. A function of the seed and the edge alone.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

enum class Fate {
  answered,  // the application said so
  refused,   // by the server's policy
  lost,      // never reached the server
  retried,   // the first try failed at the server, the second was answered
};

struct Habit {
  double share = 0;  // of all edges of that protocol
  Fate fate = Fate::answered;
  int code = 200;
  std::string_view grpc_status = {};
  std::string_view flags = "-";
};

struct Habitual {
  Habit habit;
  std::uint64_t every = 0;  // calls
};

// Empty where the mesh is not lifelike, the destination is no sidecar, or the protocol has no answers.
std::vector<Habitual> habits_of(const Mesh& mesh, const Edge& edge);

// How many services call this one: most are called by one or two, a few by very many.
std::uint64_t lifelike_callers(std::uint64_t number);

}  // namespace meshwarden::meshsim

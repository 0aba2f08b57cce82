// A scenario file: YAML `steps: [{at: 20s, kind: ..., ...parameters}]`, the same kinds as the faults API.
#pragma once
#include <expected>
#include <string>
#include <vector>

#include "tests/meshsim/simulation.hpp"

namespace meshwarden::meshsim {

// Everything is checked here but the names of services, which only the mesh knows.
std::expected<std::vector<Step>, Problem> parse_scenario(const std::string& yaml);
std::expected<std::vector<Step>, Problem> read_scenario(const std::string& path);

}  // namespace meshwarden::meshsim

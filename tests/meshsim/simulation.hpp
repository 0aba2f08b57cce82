// The mesh together with what is done to it: faults, a scenario, healthy change in the background.
// Not thread-safe: the server holds one lock around every call. `now` (seconds since the epoch) never goes back.
#pragma once
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/meshsim/faults.hpp"
#include "tests/meshsim/mesh.hpp"
#include "tests/meshsim/render.hpp"

namespace meshwarden::meshsim {

struct Step {
  double at = 0;  // seconds after the start
  Parameters parameters;
};

struct Answer {
  int status = 200;
  RenderedPage page;
};

class Simulation {
 public:
  Simulation(const MeshOptions& options, std::vector<Step> steps, bool background, double now);
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Everything that is due by `now`, except traffic, which is brought up to date per page.
  void advance(double now);
  // 404 for a pod that never was or is long gone, 503 while its scrape is out.
  Answer page(const std::string& pod, double now);
  std::string targets(const std::string& address, double now);

  std::expected<nlohmann::json, Problem> begin(const nlohmann::json& body, double now);
  std::optional<nlohmann::json> end(std::uint64_t id, double now);
  std::optional<nlohmann::json> fault(std::uint64_t id, double now);
  nlohmann::json faults(bool with_background, double now);

  Mesh& mesh() { return mesh_; }

 private:
  void play(double now);
  void stir(double at);

  Mesh mesh_;
  Engine engine_;
  std::vector<Step> steps_;  // by time
  std::size_t next_step_ = 0;
  bool background_;
  double next_change_ = 0, next_stir_ = 0;
  std::uint64_t stirs_ = 0;
};

}  // namespace meshwarden::meshsim

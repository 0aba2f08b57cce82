// What is done to the mesh, when, and how often: the ground truth.
// A fault is a row of the table of kinds plus its parameters; the engine makes its events at their due times, so a page
// read at any moment holds exactly the events due by then. Not thread-safe. Times are seconds since the epoch.
#pragma once
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/meshsim/mesh.hpp"

namespace meshwarden::meshsim {

struct Parameters {
  std::string kind;
  std::optional<std::uint64_t> count;
  double over = 0;  // seconds; 0: all in one instant, or without end for a kind that lasts
  std::string source, destination;
  std::uint64_t threshold = 0;
  std::string reason, protocol, pod;
  std::optional<std::uint64_t> destinations, replicas;
  std::optional<double> share;
};

struct Kind;

struct Fault {
  std::uint64_t id = 0;
  const Kind* kind = nullptr;
  Parameters parameters;
  bool background = false;
  std::map<std::string, std::string> labels;  // Meshwarden's label names
  std::uint64_t planned = 0;                  // events in all, unless the kind lasts
  std::uint64_t made = 0;
  double started_at = 0;
  std::optional<double> crossed_at, ended_at;

  std::optional<WorkloadId> source, destination;
  Family family = Family::count;         // the stat that `reason` names
  std::vector<PodId> pods;               // those that are restarted, replaced, darkened
  std::vector<WorkloadId> destinations;  // of a scan
  std::optional<std::uint32_t> edge;
  std::uint64_t lost = 0;
  std::vector<std::string> touched;  // names of those pods, or "namespace/service" of those destinations; the first 100
};

using Problem = std::string;

// A duration as a number of seconds or as text ("20s", "1m30s", "500ms").
std::expected<double, Problem> seconds_of(const nlohmann::json& value);
// Refuses what the kind does not know. `at` is for scenario steps only and is skipped.
std::expected<Parameters, Problem> parse_parameters(const nlohmann::json& body);

class Engine {
 public:
  explicit Engine(Mesh& mesh) : mesh_(mesh) {}
  // Begins a fault at `now`; its events of that instant are made at once.
  std::expected<std::uint64_t, Problem> begin(const Parameters& parameters, double now, bool background = false);
  void advance(double now);
  bool end(std::uint64_t id, double now);  // false: no such fault
  const Fault* find(std::uint64_t id) const;
  const std::deque<Fault>& all() const { return faults_; }
  // Somebody may be counting what happens there: a fault runs, or ended less than 90 s ago.
  bool busy(WorkloadId workload, double now) const;

 private:
  void advance_fault(Fault& fault, double now);
  void finish(Fault& fault, double at);

  Mesh& mesh_;
  std::deque<Fault> faults_;
  std::vector<std::size_t> running_;
};

nlohmann::json to_json(const Fault& fault);

}  // namespace meshwarden::meshsim

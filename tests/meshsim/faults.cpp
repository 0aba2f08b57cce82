#include "tests/meshsim/faults.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/meshsim/dice.hpp"
#include "tests/meshsim/kinds.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr double counted_for = 90;  // seconds after its end in which a fault's counters are still read

bool lasts(const Fault& fault) { return fault.kind->end != nullptr; }

// When the next event is due; never if there is none.
double next_due(const Fault& fault) {
  constexpr double never = std::numeric_limits<double>::infinity();
  if (lasts(fault)) {
    if (fault.kind->period == 0) return never;
    const double due = fault.started_at + static_cast<double>(fault.made) * fault.kind->period;
    const bool over = fault.parameters.over > 0 && due >= fault.started_at + fault.parameters.over;
    return over ? never : due;
  }
  if (fault.made >= fault.planned) return never;
  return fault.started_at +
         fault.parameters.over * static_cast<double>(fault.made) / static_cast<double>(fault.planned);
}

void name_touched(Mesh& mesh, Fault& fault) {
  constexpr std::size_t most = 100;
  for (const PodId id : fault.pods) {
    if (fault.touched.size() < most) fault.touched.push_back(mesh.pod(id).name);
  }
  for (const WorkloadId id : fault.destinations) {
    if (fault.touched.size() < most) fault.touched.push_back(mesh.workloads[id].space + "/" + mesh.workloads[id].name);
  }
}

std::uint64_t number_of(const Mesh& mesh, const std::deque<Fault>& faults, const std::string& kind) {
  const auto earlier = std::ranges::count_if(
      faults, [&](const Fault& fault) { return fault.parameters.kind == kind && !fault.background; });
  return dice(mesh.options.seed, dice_text(kind), earlier);
}

nlohmann::json time_or_null(const std::optional<double>& time) {
  return time ? nlohmann::json(*time) : nlohmann::json();
}

}  // namespace

std::expected<std::uint64_t, Problem> Engine::begin(const Parameters& parameters, double now, bool background) {
  Fault fault;
  fault.id = faults_.size() + 1;
  fault.kind = find_kind(parameters.kind);
  if (!fault.kind) return std::unexpected("unknown kind '" + parameters.kind + "'");
  fault.parameters = parameters;
  fault.background = background;
  fault.started_at = now;
  fault.planned = parameters.count.value_or(fault.kind->default_count);
  advance(now);
  if (const auto done = choose_parties(mesh_, fault, number_of(mesh_, faults_, parameters.kind)); !done) {
    return std::unexpected(done.error());
  }
  if (fault.kind->prepare) {
    if (const auto done = fault.kind->prepare(mesh_, fault); !done) return std::unexpected(done.error());
  }
  name_touched(mesh_, fault);
  if (fault.made > parameters.threshold) fault.crossed_at = now;
  faults_.push_back(std::move(fault));
  running_.push_back(faults_.size() - 1);
  advance(now);
  return faults_.back().id;
}

void Engine::advance(double now) {
  const std::vector<std::size_t> running = running_;
  for (const std::size_t index : running) advance_fault(faults_[index], now);
  std::erase_if(running_, [&](std::size_t index) { return faults_[index].ended_at.has_value(); });
}

void Engine::advance_fault(Fault& fault, double now) {
  if (fault.ended_at) return;
  double due = next_due(fault);
  double last = fault.started_at;
  for (; due <= now; due = next_due(fault)) {
    fault.kind->event(mesh_, fault, {fault.made, due});
    last = due;
    if (++fault.made == fault.parameters.threshold + 1) fault.crossed_at = due;
  }
  const double stop = fault.started_at + fault.parameters.over;
  if (lasts(fault)) {
    if (fault.parameters.over > 0 && stop <= now) finish(fault, stop);
  } else if (fault.made >= fault.planned) {
    finish(fault, last);
  }
}

void Engine::finish(Fault& fault, double at) {
  fault.ended_at = at;
  if (fault.kind->end) fault.kind->end(mesh_, fault, at);
}

bool Engine::end(std::uint64_t id, double now) {
  if (id == 0 || id > faults_.size()) return false;
  advance(now);
  if (!faults_[id - 1].ended_at) finish(faults_[id - 1], now);
  return true;
}

const Fault* Engine::find(std::uint64_t id) const {
  return id == 0 || id > faults_.size() ? nullptr : &faults_[id - 1];
}

bool Engine::busy(WorkloadId workload, double now) const {
  return std::ranges::any_of(faults_, [&](const Fault& fault) {
    if (fault.background && fault.ended_at) return false;
    if (fault.ended_at && *fault.ended_at + counted_for < now) return false;
    return fault.source == workload || fault.destination == workload ||
           std::ranges::find(fault.destinations, workload) != fault.destinations.end();
  });
}

nlohmann::json to_json(const Fault& fault) {
  return {{"id", fault.id},
          {"kind", fault.kind->name},
          {"labels", fault.labels},
          {"touched", fault.touched},
          {"count", fault.made},
          {"started_at", fault.started_at},
          {"crossed_at", time_or_null(fault.crossed_at)},
          {"ended_at", time_or_null(fault.ended_at)},
          {"threshold", fault.parameters.threshold}};
}

}  // namespace meshwarden::meshsim

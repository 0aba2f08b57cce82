// The table of fault kinds. One row says what a fault needs, what it may be told and what one event of it does.
#pragma once
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "tests/meshsim/faults.hpp"

namespace meshwarden::meshsim {

// What the destination must be.
enum class Need { nothing, http, grpc, tcp, web, sidecar, ambient, waypoint, frontend, edge, workload, by_protocol };
// Who makes the calls when nothing is said.
enum class Caller { nobody, known, fresh, outside, gateway };

struct Moment {
  std::uint64_t index;  // of the event within the fault
  double at;
};
using EventMaker = void (*)(Mesh&, Fault&, Moment);
using Preparation = std::expected<void, Problem> (*)(Mesh&, Fault&);
using Ending = void (*)(Mesh&, Fault&, double at);

struct Kind {
  std::string_view name;
  Need need;
  Caller caller;
  std::string_view parameters;  // beside count, over, threshold; space separated
  std::uint64_t default_count;
  EventMaker event;               // one event
  Preparation prepare = nullptr;  // may set planned, pods, labels; runs at the start
  Ending end = nullptr;           // set for a kind that lasts
  double period = 0;              // seconds between the events of a kind that lasts and goes on making them
};

std::span<const Kind> kinds();
const Kind* find_kind(std::string_view name);

// Chooses source and destination and fills the labels.
std::expected<void, Problem> choose_parties(Mesh& mesh, Fault& fault, std::uint64_t number);

}  // namespace meshwarden::meshsim

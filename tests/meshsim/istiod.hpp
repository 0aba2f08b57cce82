// The control plane's own counters. Families that a real istiod does not show before the first event are absent here
// too. Not thread-safe. Times in seconds.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace meshwarden::meshsim {

// Cumulative counts per bucket, as the text format shows them.
struct Histogram {
  static constexpr std::array bounds{0.1, 0.5, 1.0, 3.0, 5.0, 10.0, 20.0, 30.0};
  std::array<std::uint64_t, bounds.size()> buckets{};
  std::uint64_t count = 0;
  double sum = 0;
  void observe(double seconds, std::uint64_t times);
};

struct Istiod {
  double born = 0;
  std::uint64_t services = 0;
  std::uint64_t connected = 0;  // proxies, before `lost` is taken off
  std::uint64_t lost = 0;
  int freezes = 0;  // while above 0 a change is debounced and reaches nobody
  Histogram convergence, queue_time, debounce;
  std::uint64_t updates_config = 2, updates_endpoints = 1;
  std::uint64_t push_triggers = 0, pushes = 0;
  std::uint64_t rejects = 0;

  // One change of configuration: debounced, then pushed to every connected proxy unless the mesh is frozen.
  void change();
  // One proxy that got its configuration after `seconds`.
  void converge(double seconds, std::uint64_t times);
  std::string render(double now) const;
};

}  // namespace meshwarden::meshsim

// Numbers that depend on nothing but what they are asked for: the same seed and question give the same answer, in any
// order.
#pragma once
#include <cmath>
#include <cstdint>
#include <string_view>

namespace meshwarden::meshsim {

constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
template <class... More>
constexpr std::uint64_t dice(std::uint64_t first, More... more) {
  std::uint64_t state = mix(first);
  ((state = mix(state ^ static_cast<std::uint64_t>(more))), ...);
  return state;
}
constexpr std::uint64_t dice_text(std::string_view text) {
  std::uint64_t state = 0xcbf29ce484222325ULL;
  for (const char letter : text) state = (state ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  return mix(state);
}
constexpr double unit(std::uint64_t number) { return static_cast<double>(number >> 11) * 0x1.0p-53; }
// From low to high, high left out.
constexpr double between(std::uint64_t number, double low, double high) { return low + (high - low) * unit(number); }

// A Poisson draw by inversion; mean up to some tens.
inline std::uint64_t poisson(std::uint64_t number, double mean) {
  double left = unit(number);
  double chance = std::exp(-mean);
  std::uint64_t n = 0;
  while (left > chance && n < 1000) {
    left -= chance;
    chance *= mean / static_cast<double>(++n);
  }
  return n;
}

}  // namespace meshwarden::meshsim

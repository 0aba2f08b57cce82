#include "tests/meshsim/habits.hpp"

#include <array>
#include <cmath>
#include <span>

#include "tests/meshsim/dice.hpp"

namespace meshwarden::meshsim {
namespace {

constexpr std::array http_habits{
    Habit{0.20, Fate::answered, 201},
    Habit{0.10, Fate::answered, 204},
    Habit{0.10, Fate::answered, 304},
    Habit{0.15, Fate::answered, 400},
    Habit{0.05, Fate::answered, 401},
    Habit{0.03, Fate::answered, 403},
    Habit{0.30, Fate::answered, 404},
    Habit{0.02, Fate::answered, 429},
    Habit{0.20, Fate::answered, 500},
    Habit{0.03, Fate::refused, 403},
    Habit{0.10, Fate::lost, 503, "", "UF,URX"},
    Habit{0.10, Fate::retried, 503},
};
constexpr std::array grpc_habits{
    Habit{0.10, Fate::answered, 200, "3"},
    Habit{0.15, Fate::answered, 200, "4"},
    Habit{0.20, Fate::answered, 200, "5"},
    Habit{0.02, Fate::answered, 200, "7"},
    Habit{0.15, Fate::answered, 200, "13"},
    Habit{0.10, Fate::lost, 200, "14", "UF,URX"},
    Habit{0.10, Fate::retried, 200, "14"},
};

constexpr std::uint64_t question = 40;  // what a die is thrown for, apart from those of the graph

}  // namespace

std::vector<Habitual> habits_of(const Mesh& mesh, const Edge& edge) {
  const Workload& destination = mesh.workloads[edge.destination];
  if (!mesh.options.lifelike || destination.mode != Mode::sidecar || destination.protocol == Protocol::tcp) return {};
  const bool grpc = destination.protocol == Protocol::grpc;
  std::vector<Habitual> found;
  std::uint64_t number = 0;
  for (const Habit& habit : grpc ? std::span<const Habit>(grpc_habits) : std::span<const Habit>(http_habits)) {
    const std::uint64_t die = dice(mesh.options.seed, question, edge.source, edge.destination, ++number);
    if (unit(die) >= habit.share) continue;
    found.push_back({habit, static_cast<std::uint64_t>(100 * std::pow(100, unit(mix(die))))});
  }
  return found;
}

std::uint64_t lifelike_callers(std::uint64_t number) {
  constexpr double least = 1.17, exponent = 1.2, most = 100;
  return static_cast<std::uint64_t>(std::min(most, least * std::pow(1 - unit(number), -1 / exponent)));
}

}  // namespace meshwarden::meshsim

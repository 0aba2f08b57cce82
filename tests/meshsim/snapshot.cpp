#include "tests/meshsim/snapshot.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

namespace meshwarden::meshsim {

std::vector<std::string> target_pods(Simulation& simulation, double now) {
  std::vector<std::string> pods;
  for (const auto& entry : nlohmann::json::parse(simulation.targets("127.0.0.1:1", now)))
    pods.push_back(entry["labels"]["pod"]);
  return pods;
}

std::string page_body(Simulation& simulation, const std::string& pod, double now) {
  return simulation.page(pod, now).page.body;
}

Snapshot snapshot(Simulation& simulation, double now) {
  Snapshot all;
  for (const std::string& pod : target_pods(simulation, now)) {
    std::istringstream lines(page_body(simulation, pod, now));
    std::string family_type;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("# TYPE")) family_type = line.substr(line.rfind(' ') + 1);
      if (line.empty() || line[0] == '#' || family_type == "gauge") continue;
      const auto space = line.rfind(' ');
      const std::string name = line.substr(0, space);
      if (name.find("_sum") == std::string::npos && !name.starts_with("tokio_"))
        all[name] += std::stoll(line.substr(space + 1));
    }
  }
  return all;
}

Snapshot difference(const Snapshot& before, const Snapshot& after) {
  Snapshot moved;
  for (const auto& [series, value] : after) {
    const auto old = before.find(series);
    const std::int64_t delta = value - (old == before.end() ? 0 : old->second);
    if (delta != 0) moved[series] = delta;
  }
  for (const auto& [series, value] : before) {
    if (value != 0 && !after.contains(series)) moved[series] = -value;
  }
  return moved;
}

bool matches(const std::string& series, const std::string& name, const std::vector<std::string>& fragments) {
  if (series.substr(0, series.find('{')) != name) return false;
  return std::ranges::all_of(fragments,
                             [&](const std::string& part) { return series.find(part) != std::string::npos; });
}

std::int64_t sum(const Snapshot& series, const std::string& name, const std::vector<std::string>& fragments) {
  std::int64_t total = 0;
  for (const auto& [labels, value] : series) total += matches(labels, name, fragments) ? value : 0;
  return total;
}

}  // namespace meshwarden::meshsim

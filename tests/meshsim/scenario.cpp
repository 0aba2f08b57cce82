#include "tests/meshsim/scenario.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace meshwarden::meshsim {
namespace {

nlohmann::json scalar(const YAML::Node& node) {
  std::int64_t integer = 0;
  double number = 0;
  if (node.Tag() != "!" && YAML::convert<std::int64_t>::decode(node, integer)) return integer;
  if (node.Tag() != "!" && YAML::convert<double>::decode(node, number)) return number;
  return node.Scalar();
}

std::expected<Step, Problem> parse_step(const YAML::Node& node) {
  if (!node.IsMap()) return std::unexpected("expected a mapping with at and kind");
  nlohmann::json body = nlohmann::json::object();
  for (const auto& entry : node) {
    if (!entry.second.IsScalar())
      return std::unexpected(fmt::format("{}: expected a single value", entry.first.Scalar()));
    body[entry.first.Scalar()] = scalar(entry.second);
  }
  const auto at = seconds_of(body.contains("at") ? body["at"] : nlohmann::json(0));
  if (!at) return std::unexpected("at: " + at.error());
  auto parameters = parse_parameters(body);
  if (!parameters) return std::unexpected(parameters.error());
  return Step{*at, std::move(*parameters)};
}

}  // namespace

std::expected<std::vector<Step>, Problem> parse_scenario(const std::string& yaml) {
  YAML::Node root;
  try {
    root = YAML::Load(yaml);
  } catch (const YAML::Exception& error) {
    return std::unexpected(error.what());
  }
  if (!root.IsMap() || !root["steps"] || !root["steps"].IsSequence())
    return std::unexpected("expected a list named steps");
  std::vector<Step> steps;
  for (const auto& node : root["steps"]) {
    auto step = parse_step(node);
    if (!step) return std::unexpected(fmt::format("line {}: {}", node.Mark().line + 1, step.error()));
    steps.push_back(std::move(*step));
  }
  return steps;
}

std::expected<std::vector<Step>, Problem> read_scenario(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot open {}", path));
  std::ostringstream text;
  text << file.rdbuf();
  auto steps = parse_scenario(text.str());
  if (!steps) return std::unexpected(fmt::format("{}: {}", path, steps.error()));
  return steps;
}

}  // namespace meshwarden::meshsim

// From what a person or a test wrote to typed parameters.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/meshsim/kinds.hpp"

namespace meshwarden::meshsim {
namespace {

using nlohmann::json;

constexpr std::uint64_t most_events = 1000000;
constexpr double longest = 7 * 86400;

std::expected<double, Problem> parse_duration(const std::string& text) {
  double total = 0;
  std::size_t place = 0;
  while (place < text.size()) {
    std::size_t used = 0;
    double number = 0;
    try {
      number = std::stod(text.substr(place), &used);
    } catch (const std::exception&) {
      return std::unexpected(fmt::format("'{}' is no duration: write 20s, 1m30s or 500ms", text));
    }
    place += used;
    const std::size_t unit_end = std::min(text.find_first_of("0123456789.", place), text.size());
    const std::string unit = text.substr(place, unit_end - place);
    place = unit_end;
    const double factor = unit == "ms"                  ? 0.001
                          : unit == "s" || unit.empty() ? 1
                          : unit == "m"                 ? 60
                          : unit == "h"                 ? 3600
                                                        : 0;
    if (factor == 0) return std::unexpected(fmt::format("'{}' is no duration: unit '{}'", text, unit));
    total += number * factor;
  }
  return total;
}

std::expected<std::uint64_t, Problem> whole(const std::string& key, const json& value) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::uint64_t>() > most_events) {
    return std::unexpected(fmt::format("{}: expected a whole number from 0 to {}", key, most_events));
  }
  return value.get<std::uint64_t>();
}

bool known_to(const Kind& kind, const std::string& key) {
  // A kind without a count of its own counts its pods or destinations.
  const std::string common = kind.default_count > 0 ? "count over threshold " : "over threshold ";
  std::istringstream words(common + std::string(kind.parameters));
  for (std::string word; words >> word;) {
    if (word == key) return true;
  }
  return false;
}

std::expected<void, Problem> set_text(Parameters& out, const std::string& key, const json& value) {
  if (!value.is_string()) return std::unexpected(fmt::format("{}: expected a text", key));
  std::string& place = key == "source"        ? out.source
                       : key == "destination" ? out.destination
                       : key == "reason"      ? out.reason
                       : key == "protocol"    ? out.protocol
                                              : out.pod;
  place = value.get<std::string>();
  return {};
}

std::expected<void, Problem> set_number(Parameters& out, const std::string& key, const json& value) {
  const auto number = whole(key, value);
  if (!number) return std::unexpected(number.error());
  if (key == "count") out.count = *number;
  if (key == "threshold") out.threshold = *number;
  if (key == "destinations") out.destinations = *number;
  if (key == "replicas") out.replicas = *number;
  return {};
}

std::expected<void, Problem> set(Parameters& out, const std::string& key, const json& value) {
  if (key == "count" || key == "threshold" || key == "destinations" || key == "replicas")
    return set_number(out, key, value);
  if (key == "share") {
    if (!value.is_number()) return std::unexpected("share: expected a number");
    out.share = value.get<double>();
    return {};
  }
  if (key != "over") return set_text(out, key, value);
  const auto over = seconds_of(value);
  if (!over) return std::unexpected("over: " + over.error());
  out.over = *over;
  return {};
}

}  // namespace

std::expected<double, Problem> seconds_of(const json& value) {
  std::expected<double, Problem> seconds = 0.0;
  if (value.is_number()) {
    seconds = value.get<double>();
  } else if (value.is_string()) {
    seconds = parse_duration(value.get<std::string>());
  } else {
    return std::unexpected("expected seconds, or a duration such as 20s");
  }
  if (seconds && !(*seconds >= 0 && *seconds <= longest)) return std::unexpected("out of range: from 0 to seven days");
  return seconds;
}

std::expected<Parameters, Problem> parse_parameters(const json& body) {
  if (!body.is_object()) return std::unexpected("expected a JSON object with a kind");
  if (!body.contains("kind") || !body["kind"].is_string()) return std::unexpected("kind is missing");
  Parameters out;
  out.kind = body["kind"].get<std::string>();
  const Kind* kind = find_kind(out.kind);
  if (!kind) return std::unexpected(fmt::format("unknown kind '{}'", out.kind));
  for (const auto& [key, value] : body.items()) {
    if (key == "kind" || key == "at") continue;
    if (!known_to(*kind, key)) return std::unexpected(fmt::format("{}: unknown parameter '{}'", out.kind, key));
    if (const auto done = set(out, key, value); !done)
      return std::unexpected(fmt::format("{}: {}", out.kind, done.error()));
  }
  return out;
}

}  // namespace meshwarden::meshsim

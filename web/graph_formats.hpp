// The learned graph as others read it: JSON (the API's), DOT for Graphviz, GraphML for graph tools. Names come from
// telemetry and are hostile: in each form they stay text. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

#include "model/graph.hpp"

namespace meshwarden::web {

nlohmann::json to_json(const Graph& graph);
nlohmann::json to_json(const Expectation& said);
std::string to_dot(const Graph& graph);
std::string to_graphml(const Graph& graph);

// Valid UTF-8 without anything that steers a terminal, turns the direction of writing or hides: such becomes U+FFFD.
std::string printable(std::string_view text);

}  // namespace meshwarden::web

// A signal's state as the API and the command line tell it. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::web {

// Names of the rules that are on and go blind with the signal.
std::vector<std::string> rules_on(const std::string& signal, const std::vector<RuleSpec>& rules);

// `Signal` of openapi.json.
nlohmann::json signal_json(const Reading& reading, const std::string& prometheus, std::vector<std::string> rules);

}  // namespace meshwarden::web

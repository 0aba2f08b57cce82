// What a rule knows and the last minutes of history do not tell, carried over a restart.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/labels.hpp"
#include "model/time.hpp"

namespace meshwarden::rules {

// A group that fires, and is neither over the threshold nor calm: how it came to fire may be long ago.
struct Held {
    Labels group;
    Time started_at;
    Time crossed_at;
    double peak = 0;
};

struct RuleState {
    std::optional<Time> settled_to;  // where it lies before the cursor: its signal has not answered since
    std::vector<Held> held;
};

using RuleStates = std::map<std::string, RuleState>;  // by the rule's name

// JSON; "" where there is nothing to carry.
std::string to_text(const RuleStates& states);
// An error where the text is not one of those, or tells times outside the years 1970 to 9999.
Result<RuleStates> parse_rule_states(std::string_view text);

}  // namespace meshwarden::rules

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

struct Firing {
    Time started_at;
    Time crossed_at;  // last
    double peak = 0;
    std::optional<Time> calm_since;
    bool was_calm = false;  // since it crossed
};

struct GroupState {
    Labels group;
    std::optional<Firing> firing;
    std::map<Labels, Time> unseen;  // failing targets that took part: the last sample
    std::map<Labels, Time> waits;   // series that stall: since when
};

struct RuleState {
    std::optional<Time> settled_to;  // where it lies before the cursor: its signal has not answered since
    std::vector<GroupState> groups;
};

using RuleStates = std::map<std::string, RuleState>;  // by the rule's name

// JSON; "" where there is nothing to carry.
std::string to_text(const RuleStates& states);
// An error where the text is not one of those, or tells times outside the years 1970 to 9999.
Result<RuleStates> parse_rule_states(std::string_view text);

}  // namespace meshwarden::rules

// What a person does to an incident. Pure; any thread.
#pragma once

#include <expected>

#include "incidents/change.hpp"
#include "incidents/store.hpp"

namespace meshwarden::incidents {

// Acknowledging twice changes nothing and is no error (no steps). Refused: another version than the person saw, and
// whatever but a comment or an assignment on a resolved incident.
std::expected<Change, ActionError> apply(Known known, const Action& action, Time now, const Options& options);

}  // namespace meshwarden::incidents

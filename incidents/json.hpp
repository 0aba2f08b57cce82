// The one JSON form of incidents (the HTTP API's, also how they are kept) and of what hangs on them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "model/incident.hpp"

namespace meshwarden::incidents {

// Exactly the interface's fields, without `links` (the web adds them) and without what only settle needs.
nlohmann::json to_json(const Incident& incident);
nlohmann::json to_json(const Evidence& evidence);
nlohmann::json to_json(const Event& event);        // seq, at, event, by, note, hash
nlohmann::json to_json(const TopSource& source);
nlohmann::json to_json(const Labels& labels);
nlohmann::json time_or_null(const std::optional<Time>& time);  // RFC 3339

}  // namespace meshwarden::incidents

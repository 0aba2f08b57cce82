// The JSON object of a request that changes something. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string_view>

#include "model/error.hpp"

namespace meshwarden::web {

// The body as an object of these keys. The error says what it is instead, or names the first key of another name: one
// that is misspelt must not be taken for one that was left out.
Result<nlohmann::json> object_of(std::string_view body, std::span<const std::string_view> keys);

}  // namespace meshwarden::web

// A notice as Alertmanager's webhook sends it (version 4), one incident as one alert, and its signature. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

std::string webhook_body(const Notice& notice, const Options& options);

// "sha256=" and the HMAC-SHA256 of the body in hex, for X-Meshwarden-Signature.
std::string webhook_signature(std::string_view body, std::string_view secret);

}  // namespace meshwarden::notify

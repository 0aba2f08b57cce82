// What files say, path by path, so that two readings can be compared: what did a reload change? Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/document.hpp"

namespace meshwarden::config {

// Path -> value as written (environment variables not replaced). Entries of a list go by their name where they have
// one: targets[secops].slack.webhook_url_file.
using Written = std::map<std::string, std::string>;

// `place`: what the paths begin with, "" or a file's name.
void write_down(const Node& document, const std::string& place, Written& written);

// One line each: added, removed, and changed with both values where these cannot be secret.
std::vector<std::string> changes_between(const Written& before, const Written& after);

}  // namespace meshwarden::config

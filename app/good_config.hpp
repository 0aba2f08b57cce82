// The configuration that a command needs, and what it says where it cannot go on.
#pragma once

#include <optional>
#include <string>

#include "config/config.hpp"

namespace meshwarden::app {

// None where it cannot be read or is wrong: its problems are on stderr then, and `exit_code` says which.
std::optional<config::Config> good_config(const std::string& file, int& exit_code);

// As shipped, for the one Prometheus at `url`, whose name is main; where that is "" the file's.
std::optional<config::Config> config_at(const std::string& url, const std::string& file, int& exit_code);

// Says on stderr why a command cannot go on; `exit_code` is the answer.
int complain(const std::string& why, int exit_code);

}  // namespace meshwarden::app

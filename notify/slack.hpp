// A notice as the body of a Slack incoming webhook (Block Kit). Pure: the same notice gives the same bytes.
//
// Always within Slack's limits and at most 12,000 characters in all; what had to be cut is named in the last block.
#pragma once

#include <string>

#include "model/incident.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

std::string slack_message(const Notice& notice, const Options& options);

}  // namespace meshwarden::notify

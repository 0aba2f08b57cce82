// Logs go to stderr as logfmt or JSON lines, one record a line; every value is escaped, so that no string from
// telemetry can forge a record.
#pragma once

#include <string_view>

namespace meshwarden::app {

// level: debug, info, warn, error; format: logfmt, json. Sets spdlog's default logger; call once, before any thread.
void set_up_logging(std::string_view level, std::string_view format);

}  // namespace meshwarden::app

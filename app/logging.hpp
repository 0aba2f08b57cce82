// Logs go to stderr as logfmt or JSON lines, one record a line: ts, level, msg, then the fields of model/log_text.hpp.
// Every value is escaped and bounded, so that no string from telemetry can forge a record.
#pragma once

#include <memory>
#include <string_view>

namespace spdlog {
class formatter;
}

namespace meshwarden::app {

// level: debug, info, warn, error; format: logfmt, json. Sets spdlog's default logger; call once, before any thread.
void set_up_logging(std::string_view level, std::string_view format);
// The same logger from here on; thread-safe.
void change_logging(std::string_view level, std::string_view format);

std::unique_ptr<spdlog::formatter> log_formatter(std::string_view format);

}  // namespace meshwarden::app

#include "app/logging.hpp"

#include <fmt/format.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "model/time.hpp"

namespace meshwarden::app {
namespace {

struct Record {
    std::string at, level;
    std::string_view message;
};

Record record_of(const spdlog::details::log_msg& message) {
    const auto level = spdlog::level::to_string_view(message.level);
    return {to_rfc3339(std::chrono::time_point_cast<Duration>(message.time)), std::string(level.data(), level.size()),
            {message.payload.data(), message.payload.size()}};
}

std::string quoted(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

class Logfmt final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const auto record = record_of(message);
        fmt::format_to(std::back_inserter(out), "ts={} level={} msg={}\n", record.at, record.level, quoted(record.message));
    }
    std::unique_ptr<formatter> clone() const override { return std::make_unique<Logfmt>(); }
};

class JsonLines final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        const auto record = record_of(message);
        fmt::format_to(std::back_inserter(out), "{{\"ts\":\"{}\",\"level\":\"{}\",\"msg\":{}}}\n", record.at, record.level, quoted(record.message));
    }
    std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonLines>(); }
};

}  // namespace

void set_up_logging(std::string_view level, std::string_view format) {
    auto logger = std::make_shared<spdlog::logger>("meshwarden", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    if (format == "json")
        logger->set_formatter(std::make_unique<JsonLines>());
    else
        logger->set_formatter(std::make_unique<Logfmt>());
    logger->set_level(spdlog::level::from_str(std::string(level)));
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace meshwarden::app

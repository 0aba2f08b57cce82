#include "app/logging.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>
#include <vector>

#include "model/log_text.hpp"
#include "model/time.hpp"

namespace meshwarden::app {
namespace {

using Fields = std::vector<std::pair<std::string_view, std::string>>;

std::vector<std::string_view> parts_of(std::string_view payload) {
    std::vector<std::string_view> parts;
    for (std::size_t from = 0; from <= payload.size();) {
        const auto end = std::min(payload.find(log_separator, from), payload.size());
        parts.push_back(payload.substr(from, end - from));
        from = end + 1;
    }
    return parts;
}

Fields fields_of(const spdlog::details::log_msg& message) {
    const auto level = spdlog::level::to_string_view(message.level);
    Fields fields{{"ts", to_rfc3339(std::chrono::time_point_cast<Duration>(message.time))},
                  {"level", std::string(level.data(), level.size())}};
    const auto parts = parts_of({message.payload.data(), message.payload.size()});
    fields.emplace_back("msg", parts.front());
    for (std::size_t i = 1; i + 1 < parts.size(); i += 2) fields.emplace_back(parts[i], parts[i + 1]);
    return fields;
}

// ASCII only: control bytes, quotes and what is no UTF-8 cannot end a value, a record or a terminal's mood.
std::string quoted(std::string text) {
    std::ranges::replace(text, '\x7f', ' ');  // the one control byte that JSON lets stand
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

bool is_plain(std::string_view text) {
    constexpr auto plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:+@%,;";
    return !text.empty() && text.find_first_not_of(plain) == text.npos;
}

void append(spdlog::memory_buf_t& out, std::string_view text) {
    out.append(text.data(), text.data() + text.size());
}

class Logfmt final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        std::string_view before;
        for (const auto& [key, value] : fields_of(message)) {
            append(out, before);
            append(out, key);
            append(out, "=");
            append(out, is_plain(value) ? value : quoted(value));
            before = " ";
        }
        append(out, "\n");
    }
    std::unique_ptr<formatter> clone() const override { return std::make_unique<Logfmt>(); }
};

class JsonLines final : public spdlog::formatter {
public:
    void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
        std::string_view before = "{\"";
        for (const auto& [key, value] : fields_of(message)) {
            append(out, before);
            append(out, key);
            append(out, "\":");
            append(out, quoted(value));
            before = ",\"";
        }
        append(out, "}\n");
    }
    std::unique_ptr<formatter> clone() const override { return std::make_unique<JsonLines>(); }
};

}  // namespace

std::unique_ptr<spdlog::formatter> log_formatter(std::string_view format) {
    if (format == "json") return std::make_unique<JsonLines>();
    return std::make_unique<Logfmt>();
}

void set_up_logging(std::string_view level, std::string_view format) {
    auto logger = std::make_shared<spdlog::logger>("meshwarden", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
    change_logging(level, format);
}

void change_logging(std::string_view level, std::string_view format) {
    const auto logger = spdlog::default_logger();
    logger->set_formatter(log_formatter(format));
    logger->set_level(spdlog::level::from_str(std::string(level)));
}

}  // namespace meshwarden::app

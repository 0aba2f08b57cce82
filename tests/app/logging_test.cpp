#include "app/logging.hpp"

#include <spdlog/formatter.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <sstream>

#include "model/log_text.hpp"
#include "model/outage.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;

namespace {

std::string line(const char* format, const std::string& payload) {
    spdlog::details::log_msg message("meshwarden", spdlog::level::warn, payload);
    message.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'767'225'600'123));
    spdlog::memory_buf_t out;
    app::log_formatter(format)->format(message, out);
    return {out.data(), out.size()};
}

const std::string head = "ts=2026-01-01T00:00:00.123Z level=warning msg=";

// Every value of a logfmt line, as a strict reader sees it: bare words, or JSON strings.
std::map<std::string, std::string> read_logfmt(std::string_view text) {
    std::map<std::string, std::string> fields;
    REQUIRE(text.ends_with('\n'));
    text.remove_suffix(1);
    REQUIRE(text.find('\n') == text.npos);
    while (!text.empty()) {
        const auto equals = text.find('=');
        REQUIRE(equals != text.npos);
        const std::string key(text.substr(0, equals));
        text.remove_prefix(equals + 1);
        auto end = text.find(' ');
        if (text.starts_with('"'))
            for (end = 1; text[end] != '"'; ++end)
                if (text[end] == '\\') ++end;
        if (text.starts_with('"')) ++end;
        end = std::min(end, text.size());
        const auto value = text.substr(0, end);
        CHECK(fields
                  .emplace(key, value.starts_with('"') ? nlohmann::json::parse(value).get<std::string>()
                                                       : std::string(value))
                  .second);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return fields;
}

}  // namespace

TEST_CASE("a record is one line of fields") {
    const auto text = log_text("notice delivered", {{"target", "slack"}, {"answer", "200 ok"}, {"empty", ""}});
    CHECK(line("logfmt", text) == head + "\"notice delivered\" target=slack answer=\"200 ok\" empty=\"\"\n");
    CHECK(line("json", text) ==
          "{\"ts\":\"2026-01-01T00:00:00.123Z\",\"level\":\"warning\",\"msg\":\"notice delivered\","
          "\"target\":\"slack\",\"answer\":\"200 ok\",\"empty\":\"\"}\n");
    CHECK(line("logfmt", "stopping") == head + "stopping\n");
}

TEST_CASE("no string can forge a record or a field") {
    const std::vector<std::string> hostile{"a\nts=2026 level=info msg=forged",
                                           "\" level=info x=\"",
                                           "a=b c=d",
                                           "\x1b[2J\x07",
                                           std::string("nul\0byte", 8),
                                           "\xff\xfe broken",
                                           "\\",
                                           "a\\\"b",
                                           "\r",
                                           "\x7f\xc2\x85",
                                           "field\x1fkey\x1f"
                                           "value",
                                           "\u2028\u202e"};
    for (const auto& value : hostile) {
        CAPTURE(value);
        const auto text = log_text(value, {{"value", value}, {"after", "kept"}});
        const auto forged = log_text("m", {{"value", value}, {"after", "kept"}});
        const auto fields = read_logfmt(line("logfmt", forged));
        CHECK(fields.size() == 5);
        CHECK(fields.at("after") == "kept");
        CHECK(fields.at("msg") == "m");
        const auto json = nlohmann::json::parse(line("json", forged));
        CHECK(json.size() == 5);
        CHECK(json.at("value") == fields.at("value"));
        for (const char* format : {"logfmt", "json"}) {
            const auto whole = line(format, text);
            CHECK(std::ranges::count(whole, '\n') == 1);
            CHECK(std::ranges::all_of(whole, [](unsigned char c) { return c == '\n' || (c >= 0x20 && c < 0x7f); }));
        }
    }
}

TEST_CASE("a value is bounded") {
    const auto fields = read_logfmt(line("logfmt", log_text("m", {{"value", std::string(1'000'000, 'x')}})));
    CHECK(fields.at("value").size() == max_log_value);
}

TEST_CASE("an outage is told at its begin and at its end") {
    Outage outage;
    const Time began{Duration(1'000)};
    CHECK_FALSE(outage.succeeded(began));
    CHECK(outage.failed(began));
    CHECK_FALSE(outage.failed(began + std::chrono::seconds(1)));
    CHECK_FALSE(outage.failed(began + std::chrono::seconds(2)));
    const auto past = outage.succeeded(began + std::chrono::seconds(5));
    REQUIRE(past);
    CHECK(past->failures == 3);
    CHECK(past->lasted == std::chrono::seconds(5));
    CHECK_FALSE(outage.succeeded(began + std::chrono::seconds(6)));
    CHECK(outage.failed(began + std::chrono::seconds(7)));
    const auto clock_set_back = outage.succeeded(began);
    REQUIRE(clock_set_back);
    CHECK(clock_set_back->lasted == Duration(0));
}

TEST_CASE("level and form of the log can be changed while it is written") {
    const auto before = spdlog::default_logger();
    app::set_up_logging("info", "logfmt");
    const auto logger = spdlog::default_logger();
    std::ostringstream out;
    logger->sinks() = {std::make_shared<spdlog::sinks::ostream_sink_mt>(out)};
    app::change_logging("debug", "json");
    spdlog::debug("seen");
    app::change_logging("error", "logfmt");
    spdlog::info("not seen");
    spdlog::error("failed");
    CHECK(spdlog::default_logger() == logger);
    spdlog::set_default_logger(before);
    const auto text = out.str();
    CHECK(nlohmann::json::parse(text.substr(0, text.find('\n')))["msg"] == "seen");
    CHECK(text.find("not seen") == text.npos);
    CHECK(text.ends_with("level=error msg=failed\n"));
}

#include "rehearsal/made_up_prometheus.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

namespace meshwarden::rehearsal {
namespace {

constexpr std::size_t most_parsed = 5'000;

Stored stored(const ScriptedSeries& series, const Scrapes& scrapes) {
    Stored result{series.labels, {}};
    Time at = scrapes.start;
    for (const auto& step : series.steps) {
        if (at > scrapes.end) break;
        const bool stale = step.kind == Step::Kind::stale;
        if (step.kind != Step::Kind::missing) result.samples.push_back({at, step.value, stale});
        at += scrapes.interval;
    }
    return result;
}

Stored always_up(const Labels& target, const Scrapes& scrapes) {
    Stored up{target, {}};
    for (Time at = scrapes.start; at <= scrapes.end; at += scrapes.interval) up.samples.push_back({at, 1});
    return up;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

// A field of a form, as io::form_encode writes them; "" where absent.
std::string field(const std::string& form, const std::string& name) {
    const auto begin = ("&" + form).find("&" + name + "=");
    if (begin == std::string::npos) return {};
    const auto from = begin + name.size() + 1;
    const auto text = form.substr(from, form.find('&', from) - from);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += char(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

std::string number(double value) {
    if (std::isnan(value)) return "NaN";
    return std::isinf(value) ? (value > 0 ? "+Inf" : "-Inf") : fmt::format("{}", value);
}

nlohmann::json pair(Time at, double value) { return {to_epoch_seconds(at), number(value)}; }

std::string page(const char* type, nlohmann::json result) {
    const nlohmann::json body{{"status", "success"}, {"data", {{"resultType", type}, {"result", std::move(result)}}}};
    return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

io::Response response(int status, std::string body) { return {status, std::move(body), "", Duration{0}}; }

std::string page(const Outcome& outcome, Time at) {
    if (outcome.kind == Outcome::Kind::scalar) return page("scalar", pair(at, outcome.scalar));
    const bool matrix = outcome.kind == Outcome::Kind::matrix;
    auto result = nlohmann::json::array();
    for (const auto& series : outcome.series) {
        nlohmann::json row{{"metric", nlohmann::json::object()}};
        for (const auto& [name, value] : series.labels) row["metric"][name] = value;
        if (!matrix) row["value"] = pair(series.samples.back().at, series.samples.back().value);
        for (const auto& sample : series.samples)
            if (matrix) row["values"].push_back(pair(sample.at, sample.value));
        result.push_back(std::move(row));
    }
    return page(matrix ? "matrix" : "vector", std::move(result));
}

}  // namespace

MadeUpPrometheus::MadeUpPrometheus(const std::vector<ScriptedSeries>& series, Scrapes scrapes,
                                   std::shared_ptr<const io::Clock> clock)
    : scrapes_(scrapes), clock_(std::move(clock)) {
    std::set<Labels> targets, given;
    const std::vector<std::string> target_labels{"cluster", "job", "instance"};
    for (const auto& one : series) {
        series_.push_back(stored(one, scrapes));
        const auto target = one.labels.only(target_labels);
        (one.labels.get("__name__") == "up" ? given : targets).insert(target);
    }
    for (auto target : targets) {
        if (given.contains(target) || !target.has("instance")) continue;
        target.set("__name__", "up");
        series_.push_back(always_up(target, scrapes));
    }
}

Result<Outcome> MadeUpPrometheus::ask(const std::string& query, Time at) {
    if (parsed_.size() > most_parsed) parsed_.clear();
    auto found = parsed_.find(query);
    if (found == parsed_.end()) found = parsed_.emplace(query, parse_expression(query)).first;
    if (!found->second) return std::unexpected(found->second.error());
    return evaluate(*found->second, series_, at);
}

io::Response MadeUpPrometheus::answer(const io::Request& request) {
    if (request.path.starts_with("/api/v1/targets")) {
        const nlohmann::json target{{"scrapeInterval", to_string(scrapes_.interval)}, {"lastScrapeDuration", 0}};
        const nlohmann::json body{{"status", "success"}, {"data", {{"activeTargets", {target}}}}};
        return response(200, body.dump());
    }
    const auto query = field(request.body, "query"), time = field(request.body, "time");
    const Time at = time.empty() ? clock_->now() : from_epoch_seconds(std::stod(time));
    const auto outcome = ask(query, at);
    if (outcome) return response(200, page(*outcome, at));
    const auto& why = not_understood_[query] = outcome.error().message;
    return response(400, nlohmann::json{{"status", "error"}, {"errorType", "bad_data"}, {"error", why}}.dump());
}

std::vector<Result<io::Response>> MadeUpPrometheus::send_all(const io::Endpoint&,
                                                             const std::vector<io::Request>& requests,
                                                             std::stop_token) {
    std::vector<Result<io::Response>> answers;
    for (const auto& request : requests) {
        if (reachable_)
            answers.emplace_back(answer(request));
        else
            answers.emplace_back(meshwarden::fail("the rule test says that it cannot be reached"));
    }
    return answers;
}

}  // namespace meshwarden::rehearsal

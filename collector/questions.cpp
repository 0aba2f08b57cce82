#include "collector/questions.hpp"

#include <fmt/format.h>

namespace meshwarden::collector {
namespace {

constexpr const char* clock_signal = "clock";  // in our metrics: the question for the time, before all others

using Form = std::vector<std::pair<std::string, std::string>>;

io::Request question(std::string path, Form form, const std::string& query, Duration timeout) {
    // nocache: without it VictoriaMetrics answers as of 30 s ago. Prometheus takes no notice of it.
    form.insert(form.end(), {{"query", query}, {"timeout", to_string(timeout)}, {"nocache", "1"}});
    io::Request request;
    request.method = "POST";
    request.path = std::move(path);
    request.body = io::form_encode(form);
    request.content_type = "application/x-www-form-urlencoded";
    return request;
}

std::string seconds(Time at) { return fmt::format("{:.3f}", to_epoch_seconds(at)); }

io::Request instant(const std::string& query, const Time* at, Duration timeout) {
    return question("/api/v1/query", at ? Form{{"time", seconds(*at)}} : Form{}, query, timeout);
}

Cause cause_of(const Error& error) {
    const bool slow = error.message.starts_with(io::timeout_word);
    return {slow ? "timeout" : "query_failed", fmt::format("Prometheus did not answer: {}", error.message)};
}

Cause unreachable(Cause cause) {
    cause.code = "unreachable";
    return cause;
}

std::expected<Time, Cause> read_time(const Door& door, std::stop_token stop) {
    auto response =
        door.http.send(door.options.endpoint, instant("time()", nullptr, door.options.endpoint.timeout), stop);
    if (!response) return std::unexpected(unreachable(cause_of(response.error())));
    const auto answer = parse_answer(response->status, std::move(response->body), 1);
    if (!answer) return std::unexpected(unreachable(answer.error()));
    const double seconds = answer->scalar_or(0);
    if (!(seconds > 0 && seconds < 1e11)) return std::unexpected(Cause{"unreachable", "time() gave no time"});
    return from_epoch_seconds(seconds);
}

}  // namespace

Questions::Id Questions::ask(std::string query, Time at, std::string_view signal) {
    const auto [entry, fresh] = known_.try_emplace({query, at}, queries_.size());
    if (fresh) queries_.push_back({std::move(query), at, std::string(signal)});
    return entry->second;
}

void Questions::send(const Door& door, std::stop_token stop) {
    std::vector<io::Request> requests;
    for (const auto& query : queries_)
        requests.push_back(instant(query.text, &query.at, door.options.endpoint.timeout));
    auto responses = door.http.send_all(door.options.endpoint, requests, stop);
    for (std::size_t i = 0; i < responses.size(); ++i) {
        auto& response = responses[i];
        took_.push_back(response ? response->took : door.options.endpoint.timeout);
        outcomes_.push_back(response
                                ? parse_answer(response->status, std::move(response->body), door.options.max_series)
                                : Outcome(std::unexpected(cause_of(response.error()))));
        door.metrics.asked(queries_[i].signal, took_.back());
        if (!outcomes_.back()) door.metrics.failed(queries_[i].signal, outcomes_.back().error().code);
    }
}

std::vector<Outcome> ask_range(const Door& door, const std::vector<RangeQuestion>& questions, const TimeRange& range,
                               std::stop_token stop) {
    const auto& [options, http, metrics] = door;
    const Form form{{"start", seconds(range.from)},
                    {"end", seconds(range.to)},
                    {"step", fmt::format("{:.3f}", double(range.step.count()) / 1000)}};
    std::vector<io::Request> requests;
    for (const auto& each : questions)
        requests.push_back(question("/api/v1/query_range", form, each.text, options.endpoint.timeout));
    auto responses = http.send_all(options.endpoint, requests, stop);
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < responses.size(); ++i) {
        auto& response = responses[i];
        metrics.asked(questions[i].signal, response ? response->took : options.endpoint.timeout);
        outcomes.push_back(response ? parse_answer(response->status, std::move(response->body), options.max_series)
                                    : Outcome(std::unexpected(cause_of(response.error()))));
        if (!outcomes.back()) metrics.failed(questions[i].signal, outcomes.back().error().code);
    }
    return outcomes;
}

std::expected<Time, Cause> ask_time(const Door& door, std::stop_token stop) {
    const auto time = read_time(door, stop);
    if (!time && !stop.stop_requested()) door.metrics.failed(clock_signal, time.error().code);
    return time;
}

std::expected<ScrapeFacts, Cause> ask_targets(const Door& door, std::stop_token stop) {
    io::Request request;
    request.path = "/api/v1/targets?state=active";
    auto response = door.http.send(door.options.endpoint, request, stop);
    if (!response) return std::unexpected(cause_of(response.error()));
    return parse_targets(response->status, std::move(response->body));
}

}  // namespace meshwarden::collector

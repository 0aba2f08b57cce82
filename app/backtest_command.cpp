// meshwarden backtest: what would have been opened, told and resolved, from what Prometheus still has. Nothing is sent.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/moment.hpp"
#include "app/past_prometheus.hpp"
#include "app/progress.hpp"
#include "app/stage.hpp"
#include "app/table.hpp"
#include "incidents/json.hpp"
#include "io/clock.hpp"
#include "web/graph_formats.hpp"

namespace meshwarden::app {
namespace {

using nlohmann::json;

struct Span {
    Time from;
    Time to;
    std::optional<Duration> step;
};

struct Played {
    std::string prometheus;
    std::vector<Incident> incidents;                       // by their start
    std::map<std::string, std::vector<std::string>> told;  // incident -> "opened to secops", in order
    std::map<std::string, int> notices;                    // by target
    std::map<std::string, int> blind;                      // ticks, by signal
    int ticks = 0;
};

Result<Span> span_of(const BacktestRequest& request, Time now) {
    const auto from = moment(request.from, now, Toward::past);
    if (!from) return fail("--from: " + from.error().message);
    const auto to = request.to == "now" ? Result<Time>(now) : moment(request.to, now, Toward::past);
    if (!to) return fail("--to: " + to.error().message);
    if (*from >= *to || *to > now) return fail("--from must lie before --to, and --to must not lie in the future");
    if (request.step.empty()) return Span{*from, *to, std::nullopt};
    const auto step = parse_duration(request.step);
    if (!step) return fail("--step: " + step.error().message);
    if (*step < std::chrono::seconds(1) || *step > std::chrono::hours(1)) return fail("--step: expected 1s to 1h");
    return Span{*from, *to, *step};
}

// Without any target of one's own what would be told to somebody who wants to hear all.
void add_listener(config::Config& config) {
    if (!config.notify.targets.empty()) return;
    config.notify.targets.assign(1, {});
    config.notify.targets.front().name = "anybody";
    config.incidents.routes.assign(1, {});
    config.incidents.routes.front().targets = {"anybody"};
}

Result<std::vector<Incident>> all_incidents(incidents::Store& store) {
    std::vector<Incident> all;
    incidents::IncidentFilter filter;
    filter.limit = 500;
    do {
        auto page = store.incidents(filter);
        if (!page) return std::unexpected(page.error());
        std::ranges::move(page->incidents, std::back_inserter(all));
        filter.cursor = page->next_cursor;
    } while (!filter.cursor.empty());
    std::ranges::sort(all, {}, [](const Incident& incident) { return std::pair(incident.started_at, incident.id); });
    return all;
}

void note(Played& played, Stage& stage) {
    ++played.ticks;
    for (const auto& reading : stage.readings())
        played.blind[reading.signal] += reading.coverage.sight == Sight::blind;
    for (const auto& notice : stage.take_notices()) {
        ++played.notices[notice.target];
        played.told[notice.incident.id].push_back(fmt::format("{} to {}", to_string(notice.reason), notice.target));
    }
}

Result<Played> play(const config::Config& config, const collector::Options& prometheus, const Span& span,
                    Progress& progress) {
    const auto clock = std::make_shared<rehearsal::HandClock>(span.from);
    PastPrometheus past(clock);
    Stage stage(config, prometheus, past, clock);
    Played played{prometheus.name, {}, {}, {}, {}, 0};
    for (Time now = span.from;;) {
        if (auto ticked = stage.tick(now); !ticked) return std::unexpected(ticked.error());
        if (const auto silence = past.take_silence(); !silence.empty())
            return fail(fmt::format("Prometheus answered nothing of {}: {}", to_rfc3339(now), silence));
        note(played, stage);
        progress.show(fmt::format("{}: {:.0f} % ({})", prometheus.name,
                                  100.0 * double((now - span.from).count()) / double((span.to - span.from).count()),
                                  to_rfc3339(now)));
        if (now == span.to) break;
        now = std::min(span.to, now + span.step.value_or(3 * stage.scrape_interval()));
    }
    auto incidents = all_incidents(stage.store());
    if (!incidents) return std::unexpected(incidents.error());
    played.incidents = std::move(*incidents);
    return played;
}

std::string counted(const std::map<std::string, int>& counts) {
    std::string text;
    for (const auto& [name, count] : counts) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
    return text.empty() ? "none" : text;
}

std::string seconds_of(Time time) { return to_rfc3339(time).substr(0, 19) + "Z"; }

std::string to_text(const Played& played, const Span& span) {
    std::vector<Row> rows, blind;
    std::map<std::string, int> rules;
    for (const auto& incident : played.incidents) {
        ++rules[incident.rule];
        const auto told = played.told.find(incident.id);
        rows.push_back({seconds_of(incident.started_at), incident.resolved_at ? seconds_of(*incident.resolved_at) : "-",
                        std::string(to_string(incident.severity)), incident.rule,
                        std::to_string(told == played.told.end() ? 0 : told->second.size()), incident.summary});
    }
    for (const auto& [signal, ticks] : played.blind)
        if (ticks > 0) blind.push_back({signal, fmt::format("{:.1f} %", 100.0 * ticks / played.ticks)});
    std::string text = web::printable(fmt::format("Prometheus {}, {} to {}", played.prometheus, seconds_of(span.from),
                                                  seconds_of(span.to))) + "\n\n";
    if (!rows.empty()) text += table({"STARTED", "RESOLVED", "SEVERITY", "RULE", "TOLD", "SUMMARY"}, rows) + "\n";
    text += web::printable(fmt::format("{} incidents: {}", rows.size(), counted(rules))) + "\n";
    text += web::printable("notices: " + counted(played.notices)) + "\n";
    if (!blind.empty()) text += "\n" + table({"SIGNAL", "BLIND"}, blind);
    return text;
}

json to_json(const Played& played) {
    auto incidents = json::array();
    for (const auto& incident : played.incidents) {
        incidents.push_back(incidents::to_json(incident));
        const auto told = played.told.find(incident.id);
        incidents.back()["told"] = told == played.told.end() ? json::array() : json(told->second);
    }
    auto blind = json::object();
    for (const auto& [signal, ticks] : played.blind) blind[signal] = double(ticks) / played.ticks;
    return {{"prometheus", played.prometheus},
            {"incidents", std::move(incidents)},
            {"notices", played.notices},
            {"blind", std::move(blind)},
            {"ticks", played.ticks}};
}

}  // namespace

int backtest(const BacktestRequest& request, Format format) {
    const auto span = span_of(request, io::SystemClock().now());
    if (!span) return complain(span.error().message, 2);
    int exit_code = 0;
    auto config = config_at(request.url, request.config_file, exit_code);
    if (!config) return exit_code;
    add_listener(*config);
    Progress progress(STDERR_FILENO);
    auto answers = json::array();
    for (const auto& prometheus : config->prometheus) {
        const auto played = play(*config, prometheus, *span, progress);
        progress.show("");
        if (!played) {
            exit_code = complain(web::printable(prometheus.name + ": " + played.error().message), 3);
            continue;
        }
        if (format == Format::json)
            answers.push_back(to_json(*played));
        else
            fmt::print("{}{}", &prometheus == &config->prometheus.front() ? "" : "\n", to_text(*played, *span));
    }
    if (format == Format::json) fmt::print("{}\n", answers.dump(2, ' ', false, json::error_handler_t::replace));
    return exit_code;
}

}  // namespace meshwarden::app

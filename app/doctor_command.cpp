// meshwarden doctor: what can and cannot be seen at a Prometheus, and what mends it. One poll; nothing is kept.
#include <fmt/format.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/judges.hpp"
#include "app/table.hpp"
#include "collector/collector.hpp"
#include "model/summary.hpp"
#include "web/graph_formats.hpp"
#include "web/signal_json.hpp"

namespace meshwarden::app {
namespace {

using nlohmann::json;
using web::printable;

struct Examined {
    std::string prometheus;
    Snapshot snapshot;
    std::vector<RuleVerdict> blind_rules;
    std::vector<RuleVerdict> grown_rules;  // whose windows are longer than declared, and the thresholds higher
};

// What signals lack, and what mends them all.
struct Lack {
    std::vector<const Reading*> readings;
    Fix fix;
};

Examined examine(const config::Config& config, const collector::Options& prometheus) {
    ::prometheus::Registry registry;
    io::HttpClient http;
    collector::Collector collector(prometheus, config.signals, http, registry);
    Judges judges(config);
    Examined examined{prometheus.name, collector.poll(std::nullopt, {}), {}, {}};
    for (auto& verdict : judges.inspect(examined.snapshot).rules) {
        const auto rule = std::ranges::find(config.rules, verdict.rule, &RuleSpec::name);
        if (rule != config.rules.end() && verdict.window > rule->window && rule->window > Duration{0})
            examined.grown_rules.push_back(verdict);
        if (verdict.health == RuleHealth::blind) examined.blind_rules.push_back(std::move(verdict));
    }
    return examined;
}

bool lacks(const Reading& reading) {
    return reading.coverage.sight == Sight::blind || !reading.coverage.cause.text.empty();
}

std::vector<Lack> lacks_of(const std::vector<Reading>& readings) {
    std::vector<Lack> all;
    for (const auto& reading : readings) {
        if (!lacks(reading)) continue;
        const auto& fix = reading.coverage.fix;
        const auto same = std::ranges::find_if(
            all, [&](const Lack& lack) { return lack.fix.text == fix.text && lack.fix.yaml == fix.yaml; });
        if (same == all.end())
            all.push_back({{&reading}, fix});
        else
            same->readings.push_back(&reading);
    }
    return all;
}

std::string indented(const std::string& text, std::string_view by) {
    std::istringstream lines(text);
    std::string all;
    for (std::string line; std::getline(lines, line);) all += fmt::format("{}{}\n", by, printable(line));
    return all;
}

std::string to_text(const Lack& lack) {
    std::string text = "\n";
    for (const auto* reading : lack.readings)
        text += printable(reading->signal + ": " + reading->coverage.cause.text) + "\n";
    return text + indented(lack.fix.text, "  ") + indented(lack.fix.yaml, "    ");
}

std::string to_text(const Examined& examined, const config::Config& config) {
    std::vector<Row> rows;
    for (const auto& reading : examined.snapshot.readings) {
        const auto& coverage = reading.coverage;
        const bool partial = coverage.sight != Sight::blind && coverage.covered < coverage.expected;
        rows.push_back({reading.signal, partial ? "partial" : coverage.sight == Sight::blind ? "blind" : "seen",
                        fmt::format("{} of {}", coverage.covered, std::max(coverage.covered, coverage.expected)),
                        fmt::format("{}", fmt::join(web::rules_on(reading.signal, config.rules), ", "))});
    }
    std::string text = fmt::format("Prometheus {}, scraping every {}\n\n", printable(examined.prometheus),
                                   to_string(examined.snapshot.scrape_interval));
    text += table({"SIGNAL", "STATE", "TARGETS", "RULES"}, rows);
    for (const auto& lack : lacks_of(examined.snapshot.readings)) text += to_text(lack);
    std::vector<Row> blind;
    for (const auto& rule : examined.blind_rules) blind.push_back({rule.rule, rule.cause});
    if (!blind.empty()) text += "\n" + table({"BLIND RULE", "BECAUSE"}, blind);
    std::vector<Row> grown;
    for (const auto& rule : examined.grown_rules)
        grown.push_back({rule.rule, to_string(rule.window), pretty_number(rule.threshold)});
    if (!grown.empty())
        text += "\nA window is never shorter than two scrape intervals; the threshold grows with it.\n" +
                table({"RULE", "WINDOW", "THRESHOLD"}, grown);
    return text;
}

json to_json(const Examined& examined, const config::Config& config) {
    auto signals = json::array(), rules = json::array();
    for (const auto& reading : examined.snapshot.readings)
        signals.push_back(
            web::signal_json(reading, examined.prometheus, web::rules_on(reading.signal, config.rules)));
    for (const auto& rule : examined.blind_rules) rules.push_back({{"rule", rule.rule}, {"cause", rule.cause}});
    return {{"prometheus", examined.prometheus},
            {"reachable", examined.snapshot.reachable},
            {"cause", examined.snapshot.unreachable_cause},
            {"scrape_interval", to_string(examined.snapshot.scrape_interval)},
            {"signals", std::move(signals)},
            {"blind_rules", std::move(rules)}};
}

}  // namespace

int doctor(const DoctorRequest& request, Format format) {
    int exit_code = 0;
    const auto config = config_at(request.url, request.config_file, exit_code);
    if (!config) return exit_code;
    auto answers = json::array();
    for (const auto& prometheus : config->prometheus) {
        const auto examined = examine(*config, prometheus);
        if (!examined.snapshot.reachable)
            exit_code = complain(printable(prometheus.name + ": " + examined.snapshot.unreachable_cause), 3);
        else if (!examined.blind_rules.empty())
            exit_code = std::max(exit_code, 1);
        if (format == Format::json)
            answers.push_back(to_json(examined, *config));
        else if (examined.snapshot.reachable)
            fmt::print("{}{}", &prometheus == &config->prometheus.front() ? "" : "\n", to_text(examined, *config));
    }
    if (format == Format::json) fmt::print("{}\n", answers.dump(2, ' ', false, json::error_handler_t::replace));
    return exit_code;
}

}  // namespace meshwarden::app

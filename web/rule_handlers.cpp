// Rules and alerts in Prometheus' own shapes, so that what reads Prometheus reads us.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "web/handlers.hpp"
#include "web/parameters.hpp"

namespace meshwarden::web {
namespace {

using nlohmann::json;

struct Judged {
    RuleVerdict verdict;
    std::optional<Time> at;
};
using Verdicts = std::map<std::string, Judged>;

// Of the ticks, in seconds; the slowest Prometheus counts. All rules are judged in one tick.
struct Pace {
    double interval = 0;
    double took = 0;
};

Pace pace_of(const std::vector<PrometheusStatus>& all) {
    Pace pace;
    for (const auto& prometheus : all) {
        pace.interval = std::max(pace.interval, double(prometheus.poll_interval.count()) / 1000);
        pace.took = std::max(pace.took, double(prometheus.duration.count()) / 1000);
    }
    return pace;
}

// Over several Prometheus: blind in one is blind, so that no half-seen rule looks healthy.
int badness(RuleHealth health) {
    switch (health) {
        case RuleHealth::blind: return 3;
        case RuleHealth::firing: return 2;
        case RuleHealth::ok: return 1;
        case RuleHealth::off: return 0;
    }
    return 0;
}

// As the last tick judged; before the first, as the store knows it.
std::vector<RuleVerdict> verdicts_of(const PrometheusStatus& prometheus, Context& context) {
    if (prometheus.verdicts) return *prometheus.verdicts;
    const auto stored = context.store ? context.store->rule_verdicts(prometheus.name) : no_store(context);
    return stored.value_or(std::vector<RuleVerdict>{});
}

Verdicts collect_verdicts(Context& context) {
    Verdicts verdicts;
    for (const auto& prometheus : context.dependencies.prometheus()) {
        for (const auto& verdict : verdicts_of(prometheus, context)) {
            auto [place, is_new] = verdicts.try_emplace(verdict.rule, Judged{verdict, prometheus.last_good_poll});
            if (!is_new && badness(verdict.health) > badness(place->second.verdict.health))
                place->second = {verdict, prometheus.last_good_poll};
        }
    }
    return verdicts;
}

// Every open incident, in pages.
Result<std::vector<Incident>> collect_open(Context& context) {
    constexpr std::size_t most = 5'000;
    incidents::IncidentFilter filter;
    filter.states = {IncidentState::open, IncidentState::acknowledged};
    filter.limit = 500;
    std::vector<Incident> open;
    do {
        auto page = context.store ? context.store->incidents(filter) : no_store(context);
        if (!page) return std::unexpected(page.error());
        std::ranges::move(page->incidents, std::back_inserter(open));
        filter.cursor = page->next_cursor;
    } while (!filter.cursor.empty() && open.size() < most);
    return open;
}

json annotations(const std::string& summary, const std::string& action, const std::string& runbook) {
    json body{{"summary", summary}, {"action", action}};
    if (!runbook.empty()) body["runbook_url"] = runbook;
    return body;
}

json alert_json(const Incident& incident) {
    json labels{{"alertname", incident.rule},
                {"severity", to_string(incident.severity)},
                {"incident", incident.id}};
    for (const auto& [name, value] : incident.labels) labels[name] = value;
    return {{"labels", std::move(labels)},
            {"annotations", annotations(incident.summary, incident.action, incident.runbook_url)},
            {"state", "firing"},
            {"activeAt", to_rfc3339(incident.started_at)},
            {"value", fmt::format("{:e}", incident.value)}};
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

const SignalSpec* signal_of(const RuleSpec& rule, const std::vector<SignalSpec>& signals) {
    const auto found = std::ranges::find(signals, rule.signal, &SignalSpec::name);
    return found == signals.end() ? nullptr : &*found;
}

// What the rule asks, said in PromQL's words; ours counts exactly, so that this is for reading only.
std::string query_text(const RuleSpec& rule, const SignalSpec* signal, double threshold, Duration window) {
    const auto by = rule.by.empty() ? std::string{} : fmt::format(" by ({})", joined(rule.by));
    if (rule.learned) return fmt::format("learned{} ({})", by, rule.signal);
    const auto kind = signal ? signal->kind : SignalKind::gauge;  // coverage: no query of its own
    const auto excluded =
        rule.exclude_text.empty() ? std::string{} : fmt::format("{{not {}}}", joined(rule.exclude_text));
    std::string value;
    switch (kind) {
        case SignalKind::gauge: value = fmt::format("sum{} ({}{})", by, rule.signal, excluded); break;
        case SignalKind::drop:
            value = fmt::format("1 - sum{0} ({1}) / max_over_time(sum{0} ({1})[{2}])", by, rule.signal,
                                to_string(signal->over));
            break;
        case SignalKind::stalled: value = fmt::format("stalled{} ({}[{}])", by, rule.signal, to_string(window)); break;
        case SignalKind::ratio: value = fmt::format("ratio{} ({}[{}])", by, rule.signal, to_string(window)); break;
        case SignalKind::counter:
        case SignalKind::histogram_tail:
            value = fmt::format("sum{} (increase({}{}[{}]))", by, rule.signal, excluded, to_string(window));
    }
    if (!rule.unexplained_by.empty()) value += fmt::format(" - sum{} ({})", by, rule.unexplained_by);
    return fmt::format("{} > {}", value, threshold);
}

// By its incidents; where these cannot be read, by the last verdict.
bool fires(const Judged* judged, const std::optional<json>& alerts) {
    return alerts ? !alerts->empty() : judged && judged->verdict.health == RuleHealth::firing;
}

json rule_json(const RuleSpec& rule, const SignalSpec* signal, const Judged* judged, const Pace& pace,
               std::optional<json> alerts) {
    const auto seconds = [](Duration duration) { return double(duration.count()) / 1000; };
    const auto health = judged ? judged->verdict.health : RuleHealth::blind;
    const bool evaluated = judged && judged->verdict.window > Duration{0};
    const auto threshold = evaluated ? judged->verdict.threshold : rule.threshold;
    const auto window = evaluated ? judged->verdict.window : rule.window;
    const bool is_blind = rule.enabled && health == RuleHealth::blind;
    const auto cause = judged ? judged->verdict.cause : std::string("not judged yet");
    return {{"type", "alerting"},
            {"name", rule.name},
            {"query", query_text(rule, signal, threshold, window)},
            {"duration", seconds(rule.hold)},
            {"keepFiringFor", seconds(rule.keep_firing_for)},
            {"labels", {{"severity", to_string(rule.severity)}}},
            {"annotations", annotations(rule.summary, rule.action, rule.runbook_url)},
            {"health", is_blind ? "unknown" : "ok"},
            {"lastError", is_blind ? cause : std::string{}},
            {"state", fires(judged, alerts) ? "firing" : "inactive"},
            {"evaluationTime", judged ? pace.took : 0},
            {"lastEvaluation",
             judged && judged->at ? to_rfc3339(*judged->at) : std::string("0001-01-01T00:00:00.000Z")},
            {"alerts", alerts ? std::move(*alerts) : json::array()},
            {"signal", rule.signal},
            {"enabled", rule.enabled && health != RuleHealth::off},
            {"window", to_string(window)},
            {"threshold", threshold},
            {"declaredWindow", to_string(rule.window)},
            {"declaredThreshold", rule.threshold}};
}

// The open incidents, where they can be read.
class Alerts {
public:
    explicit Alerts(const Result<std::vector<Incident>>& open) : known_(open.has_value()) {
        if (!open) return;
        for (const auto& incident : *open)
            by_rule_.try_emplace(incident.rule, json::array()).first->second.push_back(alert_json(incident));
    }

    std::optional<json> of(const std::string& rule) const {
        if (!known_) return std::nullopt;
        const auto found = by_rule_.find(rule);
        return found == by_rule_.end() ? json::array() : found->second;
    }

private:
    bool known_;
    std::map<std::string, json> by_rule_;
};

json groups_json(const std::vector<RuleSpec>& rules, const std::vector<SignalSpec>& signals, const Verdicts& verdicts,
                 const Pace& pace, const Alerts& alerts) {
    auto groups = json::array();
    for (const auto& rule : rules) {
        const auto same_name = [&](const json& group) { return group["name"] == rule.group; };
        auto group = std::ranges::find_if(groups, same_name);
        if (group == groups.end()) {
            groups.push_back({{"name", rule.group},
                              {"file", rule.group + ".yaml"},
                              {"interval", pace.interval},
                              {"limit", 0},
                              {"rules", json::array()},
                              {"evaluationTime", pace.took}});
            group = std::prev(groups.end());
        }
        const auto judged = verdicts.find(rule.name);
        (*group)["rules"].push_back(rule_json(rule, signal_of(rule, signals),
                                              judged == verdicts.end() ? nullptr : &judged->second, pace,
                                              alerts.of(rule.name)));
    }
    return groups;
}

Response success(json data) { return json_response({{"status", "success"}, {"data", std::move(data)}}); }

}  // namespace

Response list_rules(const Call& call, Context& context) {
    Parameters parameters(call.request);
    const auto type = parameters.text("type");
    if (type != "" && type != "alert" && type != "record") parameters.wrong("type", type, "alert or record");
    if (const auto refusal = parameters.refusal()) return *refusal;
    const auto rules = context.dependencies.rules();
    if (!rules || type == "record") return success({{"groups", json::array()}});
    const auto signals = context.dependencies.signals();
    return success({{"groups", groups_json(*rules, signals ? *signals : std::vector<SignalSpec>{},
                                           collect_verdicts(context), pace_of(context.dependencies.prometheus()),
                                           Alerts(collect_open(context)))}});
}

Response list_alerts(const Call&, Context& context) {
    const auto open = collect_open(context);
    if (!open) return problem(503, open.error().message);
    auto alerts = json::array();
    for (const auto& incident : *open) alerts.push_back(alert_json(incident));
    return success({{"alerts", std::move(alerts)}});
}

}  // namespace meshwarden::web

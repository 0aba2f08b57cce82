#include "rules/rule_state.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace meshwarden::rules {
namespace {

using json = nlohmann::json;

constexpr std::int64_t latest = 253'402'300'799'999;  // ms, the last of the year 9999

json to_json(Time time) { return time.time_since_epoch().count(); }

json to_json(const Labels& labels) {
    json object = json::object();
    for (const auto& [name, value] : labels) object[name] = value;
    return object;
}

json to_json(const std::map<Labels, Time>& times) {
    json list = json::array();
    for (const auto& [labels, at] : times) list.push_back({to_json(labels), to_json(at)});
    return list;
}

json to_json(const Firing& firing) {
    json object{{"started_at", to_json(firing.started_at)},
                {"crossed_at", to_json(firing.crossed_at)},
                {"peak", firing.peak},
                {"was_calm", firing.was_calm}};
    if (firing.calm_since) object["calm_since"] = to_json(*firing.calm_since);
    return object;
}

json to_json(const GroupState& state) {
    json object{{"group", to_json(state.group)}};
    if (state.firing) object["firing"] = to_json(*state.firing);
    if (!state.unseen.empty()) object["unseen"] = to_json(state.unseen);
    if (!state.waits.empty()) object["waits"] = to_json(state.waits);
    return object;
}

Time time_of(const json& value) {
    const auto ms = value.get<std::int64_t>();
    if (ms < 0 || ms > latest) throw std::out_of_range("time");
    return Time(Duration(ms));
}

Labels labels_of(const json& object) {
    Labels labels;
    for (const auto& [name, value] : object.get<std::map<std::string, std::string>>()) labels.set(name, value);
    return labels;
}

std::map<Labels, Time> times_of(const json& list) {
    std::map<Labels, Time> times;
    for (const auto& [labels, at] : list.get<std::vector<std::pair<json, json>>>())
        times.emplace(labels_of(labels), time_of(at));
    return times;
}

Firing firing_of(const json& object) {
    Firing firing{time_of(object.at("started_at")), time_of(object.at("crossed_at")), object.at("peak").get<double>(),
                  std::nullopt, object.at("was_calm").get<bool>()};
    if (!std::isfinite(firing.peak)) throw std::out_of_range("peak");
    if (object.contains("calm_since")) firing.calm_since = time_of(object.at("calm_since"));
    return firing;
}

GroupState group_of(const json& object) {
    GroupState state;
    state.group = labels_of(object.at("group"));
    if (object.contains("firing")) state.firing = firing_of(object.at("firing"));
    state.unseen = times_of(object.value("unseen", json::array()));
    state.waits = times_of(object.value("waits", json::array()));
    return state;
}

RuleState state_of(const json& object) {
    RuleState state;
    if (object.contains("settled_to")) state.settled_to = time_of(object.at("settled_to"));
    for (const auto& group : object.value("groups", json::array())) state.groups.push_back(group_of(group));
    return state;
}

}  // namespace

std::string to_text(const RuleStates& states) {
    if (states.empty()) return {};
    json text = json::object();
    for (const auto& [rule, state] : states) {
        json& entry = text[rule] = json::object();
        if (state.settled_to) entry["settled_to"] = to_json(*state.settled_to);
        for (const auto& group : state.groups) entry["groups"].push_back(to_json(group));
    }
    return text.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<RuleStates> parse_rule_states(std::string_view text) {
    RuleStates states;
    if (text.empty()) return states;
    try {
        for (const auto& [rule, state] : json::parse(text).get<std::map<std::string, json>>())
            states.emplace(rule, state_of(state));
    } catch (const std::exception&) {
        return fail("the saved state of the rules is not what they save");
    }
    return states;
}

}  // namespace meshwarden::rules

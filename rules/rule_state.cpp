#include "rules/rule_state.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace meshwarden::rules {
namespace {

using json = nlohmann::json;

constexpr std::int64_t latest = 253'402'300'799'999;  // ms, the last of the year 9999

std::int64_t to_ms(Time time) {
    return time.time_since_epoch().count();
}

Time time_of(const json& value) {
    const auto ms = value.get<std::int64_t>();
    if (ms < 0 || ms > latest) throw std::out_of_range("time");
    return Time(Duration(ms));
}

Held held_of(const json& value) {
    Held held;
    for (const auto& [name, text] : value.at("group").items()) held.group.set(name, text.get<std::string>());
    held.started_at = time_of(value.at("started_at"));
    held.crossed_at = time_of(value.at("crossed_at"));
    held.peak = value.at("peak").get<double>();
    if (!std::isfinite(held.peak)) throw std::out_of_range("peak");
    return held;
}

RuleState state_of(const json& value) {
    RuleState state;
    if (value.contains("settled_to")) state.settled_to = time_of(value.at("settled_to"));
    for (const auto& held : value.value("held", json::array())) state.held.push_back(held_of(held));
    return state;
}

}  // namespace

std::string to_text(const RuleStates& states) {
    if (states.empty()) return {};
    json text = json::object();
    for (const auto& [rule, state] : states) {
        json& entry = text[rule] = json::object();
        if (state.settled_to) entry["settled_to"] = to_ms(*state.settled_to);
        for (const auto& held : state.held) {
            json group = json::object();
            for (const auto& [name, value] : held.group) group[name] = value;
            entry["held"].push_back({{"group", std::move(group)},
                                     {"started_at", to_ms(held.started_at)},
                                     {"crossed_at", to_ms(held.crossed_at)},
                                     {"peak", held.peak}});
        }
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

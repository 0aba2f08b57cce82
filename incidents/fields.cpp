#include "incidents/fields.hpp"

#include <limits>
#include <nlohmann/json.hpp>

namespace meshwarden::incidents {

using nlohmann::json;

Time time_of(const json& value) {
    return parse_rfc3339(value.get_ref<const std::string&>()).value_or(Time{});
}

std::optional<Time> optional_time_of(const json& value) {
    return value.is_null() ? std::nullopt : std::optional(time_of(value));
}

std::string text_of(const json& value) {
    return value.is_null() ? std::string() : value.get<std::string>();
}

double number_of(const json& value) {
    return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

Labels labels_of(const json& object) {
    std::vector<Labels::Pair> pairs;
    for (const auto& [name, value] : object.items()) pairs.emplace_back(name, value.get<std::string>());
    return Labels(std::move(pairs));
}

}  // namespace meshwarden::incidents

#include "web/signal_json.hpp"

#include <nlohmann/json.hpp>

namespace meshwarden::web {
namespace {

constexpr Duration value_window = std::chrono::minutes(1);  // of Coverage::value

}  // namespace

std::vector<std::string> rules_on(const std::string& signal, const std::vector<RuleSpec>& rules) {
    std::vector<std::string> names;
    for (const auto& rule : rules)
        if (rule.enabled && (rule.signal == signal || rule.unexplained_by == signal)) names.push_back(rule.name);
    return names;
}

nlohmann::json signal_json(const Reading& reading, const std::string& prometheus, std::vector<std::string> rules) {
    using nlohmann::json;
    const auto& coverage = reading.coverage;
    const bool was_read = coverage.checked_at != Time{};
    return {{"signal", reading.signal},
            {"prometheus", prometheus},
            {"state", to_string(coverage.sight)},
            {"value", coverage.value},
            {"window", to_string(value_window)},
            {"covered", coverage.covered},
            {"expected", coverage.expected},
            {"possibly_missed", coverage.possibly_missed},
            {"cause", {{"code", coverage.cause.code}, {"text", coverage.cause.text}}},
            {"fix", {{"text", coverage.fix.text}, {"yaml", coverage.fix.yaml}}},
            {"rules", std::move(rules)},
            {"checked_at", was_read ? json(to_rfc3339(coverage.checked_at)) : json(nullptr)}};
}

}  // namespace meshwarden::web

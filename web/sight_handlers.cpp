// What can be seen of the mesh: the state of every signal.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "web/handlers.hpp"

namespace meshwarden::web {
namespace {

using nlohmann::json;

// A signal that no tick has read yet is not seen, and must not look as if it were quiet.
Reading not_read_yet(const std::string& signal) {
    Reading reading;
    reading.signal = signal;
    reading.coverage.cause = {"not_asked", "this signal has not been read since the start"};
    return reading;
}

std::vector<std::string> rules_on(const std::string& signal, const Dependencies& needs) {
    std::vector<std::string> names;
    if (const auto rules = needs.rules())
        for (const auto& rule : *rules)
            if (rule.enabled && (rule.signal == signal || rule.unexplained_by == signal)) names.push_back(rule.name);
    return names;
}

constexpr Duration value_window = std::chrono::minutes(1);  // of Coverage::value

json signal_json(const Reading& reading, const std::string& prometheus, std::vector<std::string> rules) {
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

void add_signals(const PrometheusStatus& prometheus, const std::vector<Reading>& readings, const Dependencies& needs,
                 json& list) {
    const auto signals = needs.signals();
    if (!signals) return;
    for (const auto& signal : *signals) {
        const auto found = std::ranges::find(readings, signal.name, &Reading::signal);
        list.push_back(signal_json(found == readings.end() ? not_read_yet(signal.name) : *found, prometheus.name,
                                   rules_on(signal.name, needs)));
    }
}

// As the last tick saw them; before the first, as the store knows them.
std::vector<Reading> readings_of(const PrometheusStatus& prometheus, Context& context) {
    if (prometheus.readings) return *prometheus.readings;
    const auto stored = context.store ? context.store->coverage(prometheus.name) : no_store(context);
    return stored.value_or(std::vector<Reading>{});
}

}  // namespace

Response list_signals(const Call&, Context& context) {
    const auto& needs = context.dependencies;
    auto list = json::array();
    for (const auto& prometheus : needs.prometheus())
        add_signals(prometheus, readings_of(prometheus, context), needs, list);
    return json_response({{"signals", std::move(list)}});
}

}  // namespace meshwarden::web

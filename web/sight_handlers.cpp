// What can be seen of the mesh: the state of every signal.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "web/handlers.hpp"
#include "web/signal_json.hpp"

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

void add_signals(const PrometheusStatus& prometheus, const std::vector<Reading>& readings, const Dependencies& needs,
                 json& list) {
    const auto signals = needs.signals();
    const auto rules = needs.rules();
    if (!signals) return;
    for (const auto& signal : *signals) {
        const auto found = std::ranges::find(readings, signal.name, &Reading::signal);
        list.push_back(signal_json(found == readings.end() ? not_read_yet(signal.name) : *found, prometheus.name,
                                   rules ? rules_on(signal.name, *rules) : std::vector<std::string>{}));
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

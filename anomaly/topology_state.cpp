// What the topology detector has learned, as CBOR; version 1 was JSON text.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "anomaly/saved_time.hpp"
#include "anomaly/topology_detector.hpp"

namespace meshwarden::anomaly {
namespace {

using nlohmann::json;

constexpr int state_version = 2;

json saved_time(const std::optional<Time>& time) { return time ? json(anomaly::saved_time(*time)) : json(); }

std::optional<Time> time_of(const json& state, const char* name) {
    const auto found = state.find(name);
    if (found == state.end() || found->is_null()) return std::nullopt;
    return anomaly::time_of(*found);
}

}  // namespace

std::string TopologyDetector::save() const {
    const json state{{"version", state_version},
                     {"edges", edges_.save()},
                     {"callers", callers_},
                     {"learning_until", saved_time(learning_until_)},
                     {"kept_since", saved_time(kept_since_)},
                     {"at", saved_time(edges_.observed_at())},
                     {"open", watches_.save()},
                     {"behaviour", behaviour_.save()}};
    const auto bytes = json::to_cbor(state);
    return {bytes.begin(), bytes.end()};
}

// Volumes of version 1 were not kept: that part is learned anew, the edges stay known.
Result<void> TopologyDetector::load(std::string_view bytes) {
    if (bytes.empty()) return {};
    try {
        const auto state = bytes.starts_with('{') ? json::parse(bytes) : json::from_cbor(bytes.begin(), bytes.end());
        const auto version = state.at("version").get<int>();
        if (version != 1 && version != state_version)
            return fail("the saved topology has an unknown version; it is learned anew");
        edges_.load(state.at("edges"));
        callers_ = state.at("callers").get<std::set<std::string>>();
        learning_until_ = time_of(state, "learning_until");
        kept_since_ = time_of(state, "kept_since");
        watches_.load(state.value("open", json::array()));
        auto at = time_of(state, "at");
        for (const auto& [key, edge] : edges_.all())
            if (!state.contains("at")) at = std::max(at.value_or(edge.last_seen), edge.last_seen);
        if (at) {
            edges_.observed(*at);
            publish(*at);
        }
        if (state.contains("behaviour"))
            if (auto loaded = behaviour_.load(state["behaviour"]); !loaded) return loaded;
    } catch (const json::exception& problem) {
        return fail(fmt::format("the saved topology cannot be read and is learned anew (JSON error {})", problem.id));
    }
    return {};
}

}  // namespace meshwarden::anomaly

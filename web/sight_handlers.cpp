// What can be seen of the mesh: the state of every signal, and the learned graph.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "web/handlers.hpp"
#include "web/parameters.hpp"

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

struct Node {
    std::string id, cluster, space, workload;
};

Node node(const Labels& labels, const std::string& side) {
    Node node;
    node.cluster = labels.get("cluster");
    node.space = labels.get(side + "_namespace");
    for (const auto* name : {"_workload", "_service", "_principal"})
        if (node.workload.empty()) node.workload = labels.get(side + name);
    node.id = node.cluster + "/" + node.space + "/" + node.workload;
    return node;
}

}  // namespace

Response list_signals(const Call&, Context& context) {
    const auto& needs = context.dependencies;
    auto list = json::array();
    for (const auto& prometheus : needs.prometheus()) {
        const auto stored = prometheus.readings ? *prometheus.readings : context.store->coverage(prometheus.name);
        if (!stored) return problem(503, stored.error().message);
        add_signals(prometheus, *stored, needs, list);
    }
    return json_response({{"signals", std::move(list)}});
}

Response show_topology(const Call& call, Context& context) {
    Parameters parameters(call.request);
    const auto at = parameters.time("at");
    if (const auto refusal = parameters.refusal()) return *refusal;
    const auto topology = context.dependencies.topology();
    auto nodes = json::array(), edges = json::array();
    std::set<std::string> known;
    const auto add_node = [&](const Node& each) {
        if (known.insert(each.id).second)
            nodes.push_back(
                {{"id", each.id}, {"cluster", each.cluster}, {"namespace", each.space}, {"workload", each.workload}});
    };
    for (const auto& edge : topology ? topology->edges : std::vector<TopologyEdge>{}) {
        if (at && edge.first_seen > *at) continue;
        const auto source = node(edge.labels, "source"), destination = node(edge.labels, "destination");
        add_node(source);
        add_node(destination);
        edges.push_back({{"source", source.id},
                         {"destination", destination.id},
                         {"protocol", edge.labels.get("protocol")},
                         {"first_seen", to_rfc3339(edge.first_seen)},
                         {"last_seen", to_rfc3339(edge.last_seen)},
                         {"rate", edge.rate},
                         {"expected", edge.expected},
                         {"mtls", edge.mtls},
                         {"score", edge.score}});
    }
    const auto shown = topology ? std::min(at.value_or(topology->at), topology->at) : Time{};
    return json_response({{"at", topology ? json(to_rfc3339(shown)) : json(nullptr)},
                          {"learning", !topology || topology->at == Time{} || topology->learning},
                          {"nodes", std::move(nodes)},
                          {"edges", std::move(edges)}});
}

}  // namespace meshwarden::web

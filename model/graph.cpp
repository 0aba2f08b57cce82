#include "model/graph.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace meshwarden {
namespace {

Party party(const Labels& labels, const std::string& side) {
    Party party{std::string(labels.get("cluster")), std::string(labels.get(side + "_namespace")), {}};
    for (const auto* name : {"_workload", "_service", "_principal"})
        if (party.name.empty()) party.name = labels.get(side + name);
    return party;
}

double mean_rate(const TopologyEdge& edge) {
    const double seconds = to_epoch_seconds(edge.last_seen) - to_epoch_seconds(edge.since);
    return seconds > 0 ? edge.events / seconds : 0;
}

// Of each edge the last presence that had begun: the one that was seen last, since several Prometheuses may know it.
std::vector<const TopologyEdge*> last_presences(const Topology& topology, const TopologyPast& past, Time at) {
    const auto age = [at](const TopologyEdge& edge) { return std::pair(std::min(edge.last_seen, at), edge.since); };
    std::map<Labels, const TopologyEdge*> last;
    for (const auto* list : {&past.presences, &topology.ended, &topology.edges})
        for (const auto& edge : *list) {
            if (edge.since > at) continue;
            auto& known = last[edge_key(edge.labels)];
            if (!known || age(*known) <= age(edge)) known = &edge;
        }
    std::vector<const TopologyEdge*> all;
    for (const auto& [key, edge] : last) all.push_back(edge);
    return all;
}

void leave_out_oldest(Graph& graph) {
    if (graph.edges.size() <= most_edges_shown) return;
    graph.truncated = true;
    const auto newest = [](const GraphEdge& each) { return each.edge.last_seen; };
    std::ranges::nth_element(graph.edges, graph.edges.begin() + most_edges_shown, std::ranges::greater{}, newest);
    graph.edges.resize(most_edges_shown);
}

void sort(std::vector<GraphEdge>& edges) {
    std::multimap<std::tuple<std::string, std::string, std::string>, GraphEdge> sorted;
    for (auto& each : edges) {
        const auto& labels = each.edge.labels;
        sorted.emplace(std::tuple(source_of(labels).id(), destination_of(labels).id(), labels.get("protocol")),
                       std::move(each));
    }
    edges.clear();
    for (auto& [place, each] : sorted) edges.push_back(std::move(each));
}

GraphEdge as_known(const TopologyEdge& presence, const Expectations& holding, Time at, bool is_now) {
    GraphEdge known{.edge = presence, .active = false, .expected = presence.expected, .declared = {}, .change = {}};
    auto& edge = known.edge;
    if (!is_now) edge.rate = mean_rate(edge);
    edge.last_seen = std::min(edge.last_seen, at);
    known.active = at - edge.last_seen <= presence_gap;
    if (const auto* said = speaks_of(holding, edge.labels)) {
        known.declared = *said;
        known.expected = said->expected;
    }
    return known;
}

std::string change_between(const GraphEdge* before, const GraphEdge& after) {
    if (!before) return "added";
    if (before->active && !after.active) return "vanished";
    if (!before->active && after.edge.last_seen > before->edge.last_seen) return "returned";
    return before->expected != after.expected || before->edge.mtls != after.edge.mtls ? "changed" : "";
}

Graph graph_at(const Topology& topology, const TopologyPast& past, const GraphQuestion& question,
               std::optional<Time> at) {
    Graph graph;
    graph.at = std::min(at.value_or(topology.at), topology.at);
    graph.learning = topology.at == Time{} || (topology.learning && graph.at < topology.learning_until);
    graph.complete_since = std::max(topology.kept_since.value_or(topology.at), past.erased_until.value_or(Time{}));
    Expectations holding;
    for (const auto& each : past.expectations)
        if (each.holds(std::min(at.value_or(question.now), question.now))) holding.push_back(each);
    for (const auto* presence : last_presences(topology, past, graph.at))
        if (!question.cross_namespace || crosses_namespaces(presence->labels))
            graph.edges.push_back(as_known(*presence, holding, graph.at, graph.at == topology.at));
    return graph;
}

void leave_differences(Graph& graph, const Graph& from) {
    std::map<Labels, const GraphEdge*> before;
    for (const auto& each : from.edges) before.emplace(edge_key(each.edge.labels), &each);
    for (auto& after : graph.edges) {
        const auto found = before.find(edge_key(after.edge.labels));
        after.change = change_between(found == before.end() ? nullptr : found->second, after);
    }
    std::erase_if(graph.edges, [](const GraphEdge& each) { return each.change.empty(); });
    graph.from = from.at;
}

}  // namespace

std::string Party::local() const {
    return (space.empty() ? "" : space + "/") + (name.empty() ? "unknown" : name);
}

Labels edge_key(const Labels& labels) {
    auto key = labels.only(
        {"cluster", "source_namespace", "source_workload", "destination_namespace", "destination_workload"});
    if (!labels.has("source_workload")) key.set("source_principal", labels.get("source_principal"));
    if (!labels.has("destination_workload")) key.set("destination_service", labels.get("destination_service"));
    key.set("transport", labels.get("protocol") == "tcp" ? "tcp" : "http");
    return key;
}

Topology merged(const std::vector<std::shared_ptr<const Topology>>& parts) {
    Topology all;
    for (const auto& part : parts) {
        all.at = std::max(all.at, part->at);
        all.learning = all.learning || part->learning;
        all.learning_until = std::max(all.learning_until, part->learning_until);
        if (all.learning_cause.empty()) all.learning_cause = part->learning_cause;
        all.edges_forgotten += part->edges_forgotten;
        all.events_left_out += part->events_left_out;
        if (part->kept_since) all.kept_since = std::max(all.kept_since.value_or(Time{}), *part->kept_since);
        all.edges.insert(all.edges.end(), part->edges.begin(), part->edges.end());
        all.ended.insert(all.ended.end(), part->ended.begin(), part->ended.end());
    }
    return all;
}

Party source_of(const Labels& labels) { return party(labels, "source"); }
Party destination_of(const Labels& labels) { return party(labels, "destination"); }

bool crosses_namespaces(const Labels& labels) {
    return labels.get("source_namespace") != labels.get("destination_namespace");
}

Graph graph_of(const Topology& topology, const TopologyPast& past, const GraphQuestion& question) {
    auto graph = graph_at(topology, past, question, question.at);
    if (question.from) {
        auto from = graph_at(topology, past, question, question.from);
        if (from.at > graph.at) std::swap(from, graph);
        leave_differences(graph, from);
    }
    graph.truncated = past.truncated;
    leave_out_oldest(graph);
    sort(graph.edges);
    return graph;
}

}  // namespace meshwarden

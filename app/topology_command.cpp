// meshwarden topology: the learned graph as the database has it, whether the service runs or not.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "anomaly/topology_detector.hpp"
#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/moment.hpp"
#include "app/table.hpp"
#include "incidents/store.hpp"
#include "io/clock.hpp"
#include "web/graph_formats.hpp"

namespace meshwarden::app {
namespace {

// The state of each Prometheus as the service saved it last, every five minutes at the latest.
Result<Topology> saved_topology(const config::Config& config, incidents::Store& store, bool& readable) {
    std::vector<std::shared_ptr<const Topology>> parts;
    for (const auto& prometheus : config.prometheus) {
        anomaly::TopologyDetector detector(config.anomaly, config.rules);
        const auto state = store.detector_state(prometheus.name + "/" + detector.name());
        if (!state) return std::unexpected(state.error());
        if (auto loaded = detector.load(*state); !loaded) {
            readable = false;
            fmt::print(stderr, "{}: {}\n", web::printable(prometheus.name), loaded.error().message);
        }
        parts.push_back(detector.topology());
    }
    return merged(parts);
}

std::string name_of(const Party& party) {
    return party.cluster.empty() ? party.local() : party.cluster + "/" + party.local();
}

std::string seconds_of(Time time) { return to_rfc3339(time).substr(0, 19) + "Z"; }

std::string justification(const GraphEdge& each) {
    if (!each.declared) return "none";
    const auto& said = *each.declared;
    return fmt::format("{}: {}{}", said.owner, said.note,
                       said.expires_at ? " (until " + seconds_of(*said.expires_at) + ")" : "");
}

std::string to_text(const Graph& graph) {
    Row head{"SOURCE",     "DESTINATION", "PROTOCOL",   "MTLS",      "EXPECTED",     "ACTIVE",
             "PER SECOND", "SCORE",       "FIRST SEEN", "LAST SEEN", "JUSTIFICATION"};
    if (graph.from) head.insert(head.begin(), "CHANGE");
    std::vector<Row> rows;
    for (const auto& each : graph.edges) {
        const auto& edge = each.edge;
        const auto answer = [](bool yes) { return yes ? "yes" : "no"; };
        rows.push_back({name_of(source_of(edge.labels)), name_of(destination_of(edge.labels)),
                        std::string(edge.labels.get("protocol")), edge.mtls, answer(each.expected), answer(each.active),
                        fmt::format("{:.3g}", edge.rate), fmt::format("{:.3g}", edge.score),
                        seconds_of(edge.first_seen), seconds_of(edge.last_seen), justification(each)});
        if (graph.from) rows.back().insert(rows.back().begin(), each.change);
    }
    return table(head, rows);
}

std::string in_form(const Graph& graph, Format format) {
    switch (format) {
        case Format::json:
            return web::to_json(graph).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
        case Format::dot: return web::to_dot(graph);
        case Format::graphml: return web::to_graphml(graph);
        case Format::text: break;
    }
    return to_text(graph);
}

void print_remarks(const Graph& graph, const GraphQuestion& question) {
    if (graph.at == Time{}) return fmt::print(stderr, "nothing has been learned yet\n");
    fmt::print(stderr, "{} edges{} as of {}\n", graph.edges.size(),
               graph.from ? " changed since " + to_rfc3339(*graph.from) : "", to_rfc3339(graph.at));
    if (graph.learning) fmt::print(stderr, "still learning what is usual\n");
    if (std::min(question.at.value_or(graph.at), question.from.value_or(graph.at)) < graph.complete_since)
        fmt::print(stderr, "the past is complete only since {}\n", to_rfc3339(graph.complete_since));
    if (graph.truncated) fmt::print(stderr, "only the {} most recently seen edges are shown\n", most_edges_shown);
}

}  // namespace

int topology(const std::string& config_file, const TopologyRequest& request, Format format) {
    GraphQuestion question{
        .at = {}, .from = {}, .cross_namespace = request.cross_namespace, .now = io::SystemClock().now()};
    for (const auto& [text, time] : {std::pair(&request.at, &question.at), std::pair(&request.diff, &question.from)}) {
        if (text->empty()) continue;
        const auto given = moment(*text, question.now, Toward::past);
        if (!given) return complain(given.error().message, 2);
        *time = *given;
    }
    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;
    const auto store = incidents::open_store_read_only(config->storage_url);
    if (!store) return complain(store.error().message, 3);
    bool readable = true;
    const auto topology = saved_topology(*config, **store, readable);
    if (!topology) return complain(topology.error().message, 3);
    std::vector<std::string> names;
    for (const auto& prometheus : config->prometheus) names.push_back(prometheus.name);
    std::vector<Time> times{question.at.value_or(topology->at)};
    if (question.from) times.push_back(*question.from);
    const auto past = (*store)->topology_past(names, times);
    if (!past) return complain(past.error().message, 3);
    const auto graph = graph_of(*topology, *past, question);
    print_remarks(graph, question);
    fmt::print("{}", in_form(graph, format));
    return readable ? 0 : 1;
}

}  // namespace meshwarden::app

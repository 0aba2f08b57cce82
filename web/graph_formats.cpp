#include "web/graph_formats.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "incidents/json.hpp"

namespace meshwarden::web {
namespace {

using incidents::time_or_null;
using nlohmann::json;

// Every party once, with a number.
class Parties {
public:
    explicit Parties(const Graph& graph) {
        for (const auto& each : graph.edges)
            for (const auto& party : {source_of(each.edge.labels), destination_of(each.edge.labels)})
                note(party, each.edge.first_seen);
    }
    const std::vector<Party>& all() const { return all_; }
    Time first_seen(std::size_t i) const { return first_seen_[i]; }
    std::size_t source(const GraphEdge& each) const { return numbers_.at(source_of(each.edge.labels).id()); }
    std::size_t destination(const GraphEdge& each) const { return numbers_.at(destination_of(each.edge.labels).id()); }

private:
    void note(const Party& party, Time seen) {
        const auto [entry, fresh] = numbers_.try_emplace(party.id(), all_.size());
        if (fresh) {
            all_.push_back(party);
            first_seen_.push_back(seen);
        }
        first_seen_[entry->second] = std::min(first_seen_[entry->second], seen);
    }

    std::map<std::string, std::size_t> numbers_;
    std::vector<Party> all_;
    std::vector<Time> first_seen_;
};

json edge_json(const GraphEdge& each) {
    const auto& edge = each.edge;
    json body{{"labels", incidents::to_json(edge.labels)},
              {"source", source_of(edge.labels).id()},
              {"destination", destination_of(edge.labels).id()},
              {"protocol", edge.labels.get("protocol")},
              {"first_seen", to_rfc3339(edge.first_seen)},
              {"last_seen", to_rfc3339(edge.last_seen)},
              {"active", each.active},
              {"rate", edge.rate},
              {"expected", each.expected},
              {"mtls", edge.mtls},
              {"score", edge.score},
              {"cross_namespace", crosses_namespaces(edge.labels)},
              {"justification", nullptr}};
    if (const auto& said = each.declared)
        body["justification"] = {{"id", said->id}, {"owner", said->owner}, {"note", said->note},
                                 {"expires_at", time_or_null(said->expires_at)}};
    if (!each.change.empty()) body["change"] = each.change;
    return body;
}

std::string dot_text(std::string_view text) {  // DOT: a backslash may begin an escape
    std::string out = "\"";
    for (const char c : printable(text)) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string escaped(std::string_view text) {  // XML
    static const std::map<char, std::string_view> names{
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&apos;"}};
    std::string out;
    for (const char c : printable(text)) {
        const auto name = names.find(c);
        name == names.end() ? out += c : out += name->second;
    }
    return out;
}

std::string datum(std::string_view key, std::string_view value) {
    return fmt::format("<data key=\"{}\">{}</data>", key, escaped(value));
}

constexpr std::string_view graphml_head =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="cluster" for="node" attr.name="cluster" attr.type="string"/>
<key id="namespace" for="node" attr.name="namespace" attr.type="string"/>
<key id="workload" for="node" attr.name="workload" attr.type="string"/>
<key id="protocol" for="edge" attr.name="protocol" attr.type="string"/>
<key id="first_seen" for="edge" attr.name="first_seen" attr.type="string"/>
<key id="last_seen" for="edge" attr.name="last_seen" attr.type="string"/>
<key id="active" for="edge" attr.name="active" attr.type="boolean"/>
<key id="rate" for="edge" attr.name="rate" attr.type="double"/>
<key id="expected" for="edge" attr.name="expected" attr.type="boolean"/>
<key id="mtls" for="edge" attr.name="mtls" attr.type="string"/>
<key id="score" for="edge" attr.name="score" attr.type="double"/>
<key id="cross_namespace" for="edge" attr.name="cross_namespace" attr.type="boolean"/>
<key id="justification" for="edge" attr.name="justification" attr.type="string"/>
<key id="change" for="edge" attr.name="change" attr.type="string"/>
<graph id="mesh" edgedefault="directed">
)";

// The code point that begins at `at`, in valid UTF-8, and how long it is.
std::pair<char32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    if (byte(0) < 0x80) return {byte(0), 1};
    const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
    char32_t value = byte(0) & (0x7f >> length);
    for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byte(i) & 0x3f);
    return {value, length};
}

bool misleads(char32_t c) {
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    const bool unseen = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
    return control || unseen || c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

}  // namespace

std::string printable(std::string_view text) {
    const auto valid = json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
    std::string out;
    for (std::size_t at = 0; at < valid.size();) {
        const auto [value, length] = code_point(valid, at);
        out += misleads(value) ? "\xef\xbf\xbd" : std::string_view(valid).substr(at, length);
        at += length;
    }
    return out;
}

json to_json(const Expectation& said) {
    return {{"id", said.id},
            {"expected", said.expected},
            {"match", said.match_text},
            {"owner", said.owner},
            {"note", said.note},
            {"created_at", to_rfc3339(said.created_at)},
            {"created_by", said.created_by},
            {"expires_at", time_or_null(said.expires_at)},
            {"ended_at", time_or_null(said.ended_at)},
            {"ended_by", said.ended_by.empty() ? json(nullptr) : json(said.ended_by)}};
}

json to_json(const Graph& graph) {
    auto nodes = json::array(), edges = json::array();
    const Parties parties(graph);
    for (std::size_t i = 0; i < parties.all().size(); ++i) {
        const auto& party = parties.all()[i];
        const Time known_at = parties.first_seen(i) + time_to_know;
        nodes.push_back({{"id", party.id()},
                         {"cluster", party.cluster},
                         {"namespace", party.space},
                         {"workload", party.name},
                         {"first_seen", to_rfc3339(parties.first_seen(i))},
                         {"learning_until", known_at > graph.at ? json(to_rfc3339(known_at)) : json(nullptr)}});
    }
    for (const auto& each : graph.edges) edges.push_back(edge_json(each));
    const auto time = [](Time at) { return at == Time{} ? json(nullptr) : json(to_rfc3339(at)); };
    json body{{graph.from ? "to" : "at", time(graph.at)},
              {"learning", graph.learning},
              {"complete_since", time(graph.complete_since)},
              {"truncated", graph.truncated},
              {"nodes", std::move(nodes)},
              {"edges", std::move(edges)}};
    if (graph.from) body["from"] = time(*graph.from);
    return body;
}

std::string to_dot(const Graph& graph) {
    const Parties parties(graph);
    std::string text = "digraph mesh {\n  node [shape=box];\n";
    for (std::size_t i = 0; i < parties.all().size(); ++i)
        text += fmt::format("  n{} [label={}, tooltip={}];\n", i, dot_text(parties.all()[i].local()),
                            dot_text(parties.all()[i].id()));
    for (const auto& each : graph.edges) {
        const auto label = fmt::format("{}{}{} {:.3g}/s", each.change, each.change.empty() ? "" : " ",
                                       each.edge.labels.get("protocol"), each.edge.rate);
        const auto tooltip =
            fmt::format("first seen {}, last seen {}, mTLS {}, {}", to_rfc3339(each.edge.first_seen),
                        to_rfc3339(each.edge.last_seen), each.edge.mtls, each.expected ? "expected" : "unexpected");
        text += fmt::format("  n{} -> n{} [label={}, tooltip={}, color={}, style={}];\n", parties.source(each),
                            parties.destination(each), dot_text(label), dot_text(tooltip),
                            each.expected ? "black" : "red", each.active ? "solid" : "dashed");
    }
    return text + "}\n";
}

std::string to_graphml(const Graph& graph) {
    const Parties parties(graph);
    std::string text(graphml_head);
    for (std::size_t i = 0; i < parties.all().size(); ++i) {
        const auto& party = parties.all()[i];
        text += fmt::format("<node id=\"n{}\">{}{}{}</node>\n", i, datum("cluster", party.cluster),
                            datum("namespace", party.space), datum("workload", party.name));
    }
    for (const auto& each : graph.edges) {
        const auto& edge = each.edge;
        const auto number = [](double value) { return std::isfinite(value) ? fmt::format("{}", value) : "NaN"; };
        const auto flag = [](bool value) { return value ? "true" : "false"; };
        text += fmt::format("<edge source=\"n{}\" target=\"n{}\">", parties.source(each), parties.destination(each));
        text += datum("protocol", edge.labels.get("protocol")) + datum("first_seen", to_rfc3339(edge.first_seen)) +
                datum("last_seen", to_rfc3339(edge.last_seen)) + datum("active", flag(each.active)) +
                datum("rate", number(edge.rate)) + datum("expected", flag(each.expected)) + datum("mtls", edge.mtls) +
                datum("score", number(edge.score)) + datum("cross_namespace", flag(crosses_namespaces(edge.labels)));
        if (each.declared) text += datum("justification", each.declared->owner + ": " + each.declared->note);
        if (!each.change.empty()) text += datum("change", each.change);
        text += "</edge>\n";
    }
    return text + "</graph>\n</graphml>\n";
}

}  // namespace meshwarden::web

// The learned graph at any time of the retained past, and what operators say of its edges.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "web/graph_formats.hpp"
#include "web/handlers.hpp"
#include "web/json_body.hpp"
#include "web/parameters.hpp"

namespace meshwarden::web {
namespace {

using nlohmann::json;

Response as_json(const Graph& graph) { return json_response(to_json(graph)); }
Response as_dot(const Graph& graph) { return {200, "text/vnd.graphviz; charset=utf-8", to_dot(graph), {}}; }
Response as_graphml(const Graph& graph) {
    return {200, "application/graphml+xml; charset=utf-8", to_graphml(graph), {}};
}

using Form = Response (*)(const Graph&);
constexpr std::array forms{
    std::pair<std::string_view, Form>{"", as_json}, std::pair<std::string_view, Form>{"json", as_json},
    std::pair<std::string_view, Form>{"dot", as_dot}, std::pair<std::string_view, Form>{"graphml", as_graphml}};

Response answer(Parameters& parameters, GraphQuestion question, Context& context) {
    const auto& needs = context.dependencies;
    question.now = needs.now();
    question.cross_namespace = parameters.flag("cross_namespace");
    const auto name = parameters.text("format");
    const auto form = std::ranges::find(forms, name, &std::pair<std::string_view, Form>::first);
    if (form == forms.end()) parameters.wrong("format", name, "json, dot or graphml");
    if (const auto refusal = parameters.refusal()) return *refusal;

    auto topology = needs.topology();
    if (!topology) topology = std::make_shared<const Topology>();
    std::vector<std::string> names;
    for (const auto& prometheus : needs.prometheus()) names.push_back(prometheus.name);
    std::vector<Time> times{question.at.value_or(topology->at)};
    if (question.from) times.push_back(*question.from);
    const auto past = context.store->topology_past(names, times);
    if (!past) return problem(503, past.error().message);
    return form->second(graph_of(*topology, *past, question));
}

std::string text_of(const json& body, const char* name) {
    const auto field = body.find(name);
    if (field == body.end() || field->is_null()) return {};
    if (!field->is_string()) throw std::invalid_argument(fmt::format("{}: expected a text", name));
    return field->get<std::string>();
}

constexpr std::array<std::string_view, 5> expectation_keys{"match", "note", "expected", "owner", "expires_at"};

// Throws std::invalid_argument on values of another shape.
Expectation read_expectation(const json& body, const std::string& who) {
    Expectation said;
    said.created_by = who;
    said.note = text_of(body, "note");
    said.owner = text_of(body, "owner");
    if (said.owner.empty()) said.owner = who;
    if (const auto expected = body.find("expected"); expected != body.end()) {
        if (!expected->is_boolean()) throw std::invalid_argument("expected: expected true or false");
        said.expected = expected->get<bool>();
    }
    const auto match = body.find("match");
    if (match == body.end() || !match->is_array()) throw std::invalid_argument("match: expected a list of matchers");
    for (const auto& each : *match) {
        if (!each.is_string()) throw std::invalid_argument("match: expected texts like source_workload=\"a\"");
        said.match_text.push_back(each.get<std::string>());
    }
    if (const auto text = text_of(body, "expires_at"); !text.empty()) {
        const auto time = parse_rfc3339(text);
        if (!time) throw std::invalid_argument("expires_at: " + time.error().message);
        said.expires_at = *time;
    }
    return said;
}

Response refused(const incidents::ActionFailure& failure, const std::string& id) {
    if (failure == incidents::ActionError::not_found)
        return problem(404, fmt::format("there is no expectation {}", id));
    if (failure == incidents::ActionError::too_many)
        return problem(409, fmt::format("{} expectations hold already; withdraw some, or use wider matchers",
                                        incidents::most_expectations));
    return problem(503, failure.cause + "; nothing was changed");
}

}  // namespace

Response show_topology(const Call& call, Context& context) {
    Parameters parameters(call.request);
    return answer(parameters, {.at = parameters.time("at"), .from = {}, .cross_namespace = false, .now = {}}, context);
}

Response show_topology_diff(const Call& call, Context& context) {
    Parameters parameters(call.request);
    const auto from = parameters.time("from"), to = parameters.time("to");
    if (!from) parameters.wrong("from", "", "the time to compare with");
    return answer(parameters, {.at = to, .from = from, .cross_namespace = false, .now = {}}, context);
}

Response list_expectations(const Call& call, Context& context) {
    Parameters parameters(call.request);
    const bool all = parameters.flag("all");
    if (const auto refusal = parameters.refusal()) return *refusal;
    const auto said = context.store->expectations();
    if (!said) return problem(503, said.error().message);
    auto list = json::array();
    for (const auto& each : *said)
        if (all || each.holds(context.dependencies.now())) list.push_back(to_json(each));
    return json_response({{"expectations", std::move(list)}});
}

Response declare_expectation(const Call& call, Context& context) {
    const auto now = context.dependencies.now();
    const auto body = object_of(call.request.body, expectation_keys);
    if (!body) return problem(400, body.error().message);
    Expectation said;
    try {
        said = read_expectation(*body, call.who);
    } catch (const std::invalid_argument& flaw) {
        return problem(400, flaw.what());
    }
    auto good = checked(std::move(said), now);
    if (!good) return problem(400, good.error().message);
    const auto declared = context.store->declare(std::move(*good), now);
    return declared ? json_response(to_json(*declared), 201) : refused(declared.error(), {});
}

Response withdraw_expectation(const Call& call, Context& context) {
    const auto withdrawn = context.store->withdraw(call.id, call.who, context.dependencies.now());
    return withdrawn ? json_response(to_json(*withdrawn)) : refused(withdrawn.error(), call.id);
}

}  // namespace meshwarden::web

#include "anomaly/topology_detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace meshwarden::anomaly {
namespace {

constexpr double missed_events = 20;  // expected by its usual rate: by chance (Poisson) once in e^20 silences
constexpr double silent_gaps = 5;                // of its longest gap: an edge that comes in bursts is often silent
constexpr Duration refusal_memory = std::chrono::minutes(10);

std::string caller(const Labels& labels, std::string_view destination) {
    return fmt::format("{} > {}/{}", source_name(labels), labels.get("destination_namespace"), destination);
}

// A destination goes by its service and by its workload: gateways and waypoints tell only the first.
std::vector<std::string> callers_of(const Labels& labels) {
    std::vector<std::string> names;
    for (const auto* label : {"destination_service", "destination_workload"})
        if (labels.has(label)) names.push_back(caller(labels, labels.get(label)));
    return names;
}

std::string text_of(const Edge& edge) {
    return fmt::format("{} ({})", arrow(edge.labels), edge.labels.get("protocol"));
}

// http and grpc are one edge.
std::string silence_of(const Edge& edge) {
    const bool tcp = edge.labels.get("protocol") == "tcp";
    return fmt::format("{} ({}) fell silent", arrow(edge.labels), tcp ? "tcp" : "requests");
}

// Why this tick does not see the signal; "" where it does.
std::string blindness(const Snapshot& snapshot, std::string_view signal) {
    const auto* reading = snapshot.reading(signal);
    if (!reading || reading->coverage.sight != Sight::blind) return {};
    return fmt::format("{}: {}", signal, reading->coverage.cause.text);
}

const Expectation* said_of(const Snapshot& snapshot, const Labels& edge) {
    return snapshot.expectations ? speaks_of(*snapshot.expectations, edge) : nullptr;
}

}  // namespace

TopologyDetector::TopologyDetector(Options options, const std::vector<RuleSpec>& rules)
    : options_(std::move(options)), edges_(options_.max_edges), behaviour_(options_), watches_(rules) {}

// TCP connections are told one by one, other calls as far as the baseline finds them odd.
Watch* TopologyDetector::watch_of_new(const Edge& edge) {
    return watches_.find(edge.labels.get("protocol") == "tcp" ? "tcp-new-edge" : "topology-new-edge");
}

bool TopologyDetector::refused(const Labels& edge) const {
    return std::ranges::any_of(callers_of(edge), [&](const auto& name) { return refused_.contains(name); });
}

// Names come from telemetry: a caller that invents them must not fill the memory.
void TopologyDetector::learn_caller(std::string name) {
    if (callers_.size() < 2 * options_.max_edges) callers_.insert(std::move(name));
}

void TopologyDetector::note_refusals(const Snapshot& snapshot) {
    const auto* reading = snapshot.reading("authz_denials");
    if (!reading) return;
    if (!settled_until_) settled_until_ = snapshot.since;
    auto* watch = watches_.find("authz-new-caller");
    for (const auto& update : reading->updates) {
        double count = 0;
        Time first = snapshot.at;
        for (const auto& point : update.points) {
            if (point.increment <= 0 || point.at <= *settled_until_) continue;
            first = std::min(first, point.at);
            count += point.increment;
        }
        if (count == 0) continue;
        const auto& labels = update.series->labels;
        const auto names = callers_of(labels);
        const bool known = std::ranges::any_of(names, [&](const auto& name) { return callers_.contains(name); });
        for (const auto& name : names) {
            learn_caller(name);
            if (refused_.size() < options_.max_edges) refused_[name] = snapshot.at;
        }
        if (!watch || learning(snapshot.at)) continue;
        // Once open, further refusals of the same caller belong to it although the caller is known by now.
        if (!known || watch->find(labels))
            watches_.note(*watch, {.labels = labels, .at = first, .text = arrow(labels) + " refused", .value = count,
                                   .severity = watch->rule.severity});
    }
    std::erase_if(refused_, [&](const auto& entry) { return entry.second < snapshot.at - refusal_memory; });
}

void TopologyDetector::note_edges(const Snapshot& snapshot) {
    if (!snapshot.edges_answered || snapshot.at <= edges_.observed_at().value_or(Time::min())) return;
    if (!learning_until_) learning_until_ = snapshot.at + options_.learning_period;
    if (!kept_since_) kept_since_ = snapshot.at;
    const auto moved = edges_.observe(snapshot.edges, snapshot.at, snapshot.failing_targets.size());
    for (const auto& one : moved) {
        // A refused caller is already told of by authz-new-caller.
        if (!one.fresh || !tells(snapshot) || refused(one.edge->labels)) continue;
        const bool at_once = one.edge->labels.get("protocol") == "tcp" || behaviour_.too_young_to_learn();
        one.edge->expected = false;
        one.edge->untold = at_once || said_of(snapshot, one.edge->labels);
    }
    if (tells(snapshot)) tell_new(snapshot);
    for (const auto& count : snapshot.edges)
        for (auto& name : callers_of(count.labels)) learn_caller(std::move(name));
    tell_odd(behaviour_.read(moved, snapshot.rolled_out, snapshot.at), snapshot);
    if (behaviour_.judged()) keep_open(snapshot);
}

void TopologyDetector::tell_new(const Snapshot& snapshot) {
    for (auto& [key, edge] : edges_.all()) {
        if (edge.last_seen != snapshot.at) continue;
        auto* watch = watch_of_new(edge);
        const auto* said = said_of(snapshot, edge.labels);
        if (!watch || (said && said->expected)) continue;
        if (!said && !std::exchange(edge.untold, false)) continue;
        const auto text = said ? fmt::format("{}, called unexpected by {}", text_of(edge), said->owner) : text_of(edge);
        const auto* open = watch->find(edge.labels);
        const bool counted = said && open && (open->lists(text) || open->listed.size() == most_listed);
        const bool judged = said || edge.labels.get("protocol") == "tcp";  // not only new while too little is known
        watches_.note(*watch, {.labels = edge.labels, .at = snapshot.at, .text = text, .value = counted ? 0.0 : 1.0,
                               .severity = judged ? watch->rule.severity : Severity::low});
    }
}

// What an operator has called expected after it was told is told no longer; it will be again once that no longer holds.
void TopologyDetector::excuse(const Snapshot& snapshot) {
    const auto drop = [](Watch* watch, const Edge& edge) {
        const auto speaks_of_it = [about = arrow(edge.labels)](const std::string& line) {
            return line.starts_with(about + " (") || line.starts_with(about + ":");
        };
        return watch && watch->drop(edge.labels, speaks_of_it);
    };
    auto* vanished = watches_.find("topology-vanished");
    for (auto& [key, edge] : edges_.all()) {
        const auto* said = said_of(snapshot, edge.labels);
        if (!said || !said->expected) continue;
        if (drop(watch_of_new(edge), edge)) edge.untold = true;
        if (drop(vanished, edge)) edge.missed = false;
    }
}

void TopologyDetector::note_silence(const Snapshot& snapshot, const std::string& edges_unseen) {
    auto* watch = watches_.find("topology-vanished");
    // What cannot be scraped is not silent.
    const bool seen = snapshot.reachable && snapshot.failing_targets.empty() && edges_unseen.empty();
    if (!seen) watched_since_.reset();
    if (!snapshot.edges_answered || !seen) return;
    if (!watched_since_) watched_since_ = snapshot.at;
    if (!watch || !tells(snapshot)) return;
    for (auto& [key, edge] : edges_.all()) {
        const double silent =
            to_epoch_seconds(snapshot.at) - to_epoch_seconds(std::max(edge.last_seen, *watched_since_));
        const double window = double(watch->rule.window.count()) / 1000;
        if (edge.last_seen == snapshot.at)
            watch->drop(edge.labels, [&edge](const std::string& listed) { return listed == silence_of(edge); });
        const bool vanished = edge.movements >= movements_to_know &&
                              silent > std::max(window, silent_gaps * edge.longest_gap) &&
                              silent * edge.usual_rate > missed_events;
        if (!vanished || edge.missed || said_of(snapshot, edge.labels)) continue;
        edge.missed = true;
        watches_.note(*watch, {.labels = edge.labels, .at = edge.last_seen, .text = silence_of(edge),
                               .severity = watch->rule.severity});
        if (auto* episode = watch->find(edge.labels)) episode->last_at = snapshot.at;
    }
}

std::string TopologyDetector::learning_cause(const RuleSpec& rule, Time at) const {
    if (!learning_until_) return "learning has not begun: no edge was read yet";
    if (learning(at)) return "learning until " + to_rfc3339(*learning_until_);
    return rule.name.starts_with("topology-") && rule.name != "topology-vanished" ? behaviour_.learning() : "";
}

// Why edges that are known cannot be seen; "" where they can. A mesh without TCP, or without requests, lacks nothing.
std::string TopologyDetector::edges_unseen(const Snapshot& snapshot) const {
    const auto requests = blindness(snapshot, "requests"), connections = blindness(snapshot, "tcp_connections");
    if (requests.empty() && connections.empty()) return {};
    if (!requests.empty() && !connections.empty()) return requests;
    const bool tcp = requests.empty();
    const bool known = std::ranges::any_of(
        edges_.all(), [&](const auto& entry) { return (entry.second.labels.get("protocol") == "tcp") == tcp; });
    return known ? requests + connections : "";
}

Standing TopologyDetector::standing(const RuleSpec& rule, const Snapshot& snapshot,
                                    const std::string& edges_unseen) const {
    Standing standing{"", learning_cause(rule, snapshot.at)};
    const bool of_one_signal = !rule.name.starts_with("topology-") || rule.name == "topology-new-edge";
    standing.blind = of_one_signal ? blindness(snapshot, rule.signal) : edges_unseen;
    // A mesh that shows no identity at all has none that could change.
    const bool anonymous = !edges_.all().empty() && !behaviour_.knows_principals();
    if (rule.name == "topology-identity" && standing.blind.empty() && standing.learning.empty() && anonymous)
        standing.blind = "no call shows its source_principal: the mesh does without mTLS, or the label is dropped";
    return standing;
}

void TopologyDetector::publish(Time at) {
    auto next = std::make_shared<Topology>();
    next->at = at;
    next->learning = learning(at);
    next->learning_until = learning_until_.value_or(at);
    next->learning_cause = next->learning ? "" : behaviour_.learning();
    next->kept_since = kept_since_;
    next->edges.reserve(edges_.all().size());
    for (const auto& [key, edge] : edges_.all()) next->edges.push_back(shown(edge));
    next->ended = edges_.ended();
    next->edges_forgotten = edges_.forgotten();
    next->events_left_out = behaviour_.left_out();
    topology_ = std::move(next);
}

Inspection TopologyDetector::inspect(const Snapshot& snapshot) {
    Inspection inspection;
    if (!options_.enabled) {
        watches_.report_off(inspection);
        return inspection;
    }
    note_refusals(snapshot);
    note_edges(snapshot);
    const auto unseen = edges_unseen(snapshot);
    note_silence(snapshot, unseen);
    if (snapshot.expectations) excuse(snapshot);
    watches_.report(snapshot, inspection, [&](const RuleSpec& rule) { return standing(rule, snapshot, unseen); });
    if (snapshot.edges_answered) publish(snapshot.at);
    return inspection;
}

}  // namespace meshwarden::anomaly

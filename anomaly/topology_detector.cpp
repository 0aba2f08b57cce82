#include "anomaly/topology_detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace meshwarden::anomaly {
namespace {

constexpr std::size_t most_listed = 50;          // edges named in one incident
constexpr double missed_events = 20;  // expected by its usual rate: by chance (Poisson) once in e^20 silences
constexpr double silent_gaps = 5;                // of its longest gap: an edge that comes in bursts is often silent
constexpr Duration refusal_memory = std::chrono::minutes(10);
constexpr int state_version = 1;

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
    return fmt::format("{} -> {} ({})", source_name(edge.labels), destination_name(edge.labels),
                       edge.labels.get("protocol"));
}

const Expectation* said_of(const Snapshot& snapshot, const Edge& edge) {
    return snapshot.expectations ? speaks_of(*snapshot.expectations, edge.labels) : nullptr;
}

}  // namespace

TopologyDetector::TopologyDetector(Options options, const std::vector<RuleSpec>& rules)
    : options_(options), edges_(options.max_edges) {
    for (const auto& rule : rules)
        if (rule.learned) watches_.push_back({rule, {}});
}

TopologyDetector::Watch* TopologyDetector::watch(std::string_view rule) {
    const auto found =
        std::ranges::find_if(watches_, [&](const Watch& w) { return w.rule.name == rule && w.rule.enabled; });
    return found == watches_.end() ? nullptr : &*found;
}

void TopologyDetector::note(Watch& watch, const Labels& labels, Time at, std::string edge, double count) {
    if (all_match(watch.rule.exclude, labels) && !watch.rule.exclude.empty()) return;
    const auto [found, fresh] = watch.open.try_emplace(labels.only(watch.rule.by));
    auto& novelty = found->second;
    if (fresh) {
        novelty.labels = found->first;
        novelty.started_at = at;
    }
    novelty.last_at = at;
    novelty.count += count;
    const bool listed =
        std::ranges::find(novelty.edges, edge, &std::pair<Time, std::string>::second) != novelty.edges.end();
    if (!listed && novelty.edges.size() < most_listed) novelty.edges.emplace_back(at, std::move(edge));
}

// Names come from telemetry: a caller that invents them must not fill the memory.
void TopologyDetector::learn_caller(std::string name) {
    if (callers_.size() < 2 * options_.max_edges) callers_.insert(std::move(name));
}

void TopologyDetector::note_refusals(const Snapshot& snapshot) {
    const auto reading = std::ranges::find(snapshot.readings, "authz_denials", &Reading::signal);
    if (reading == snapshot.readings.end()) return;
    auto* rule = watch("authz-new-caller");
    for (const auto& update : reading->updates) {
        double count = 0;
        Time first = snapshot.at;
        for (const auto& point : update.points) {
            if (point.increment <= 0 || point.at <= snapshot.since) continue;
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
        if (!rule || learning(snapshot.at)) continue;
        // Once open, further refusals of the same caller belong to it although the caller is known by now.
        if (!known || rule->open.contains(labels.only(rule->rule.by)))
            note(*rule, labels, first, fmt::format("{} -> {} refused", source_name(labels), destination_name(labels)),
                 count);
    }
    std::erase_if(refused_, [&](const auto& entry) { return entry.second < snapshot.at - refusal_memory; });
}

void TopologyDetector::note_edges(const Snapshot& snapshot) {
    if (!snapshot.edges_answered) return;
    if (!learning_until_) learning_until_ = snapshot.at + options_.learning_period;
    if (!kept_since_) kept_since_ = snapshot.at;
    auto* rule = watch("tcp-new-edge");
    for (auto* edge : edges_.observe(snapshot.edges, snapshot.at)) {
        const auto names = callers_of(edge->labels);
        // A refused caller is already told of by authz-new-caller.
        const bool refused = std::ranges::any_of(names, [&](const auto& name) { return refused_.contains(name); });
        if (rule && !learning(snapshot.at) && !refused) {
            edge->expected = false;
            edge->untold = true;
        }
    }
    if (rule) tell_new(*rule, snapshot);
    for (const auto& count : snapshot.edges)
        for (auto& name : callers_of(count.labels)) learn_caller(std::move(name));
}

void TopologyDetector::tell_new(Watch& watch, const Snapshot& snapshot) {
    for (auto& [key, edge] : edges_.all()) {
        if (edge.last_seen != snapshot.at) continue;
        const auto* said = said_of(snapshot, edge);
        if (said && said->expected) continue;
        if (!said && !std::exchange(edge.untold, false)) continue;
        const auto text = said ? fmt::format("{}, called unexpected by {}", text_of(edge), said->owner) : text_of(edge);
        const auto open = watch.open.find(edge.labels.only(watch.rule.by));
        const bool counted = said && open != watch.open.end() &&
                             (std::ranges::find(open->second.edges, text, &std::pair<Time, std::string>::second) !=
                                  open->second.edges.end() ||
                              open->second.edges.size() == most_listed);
        note(watch, edge.labels, snapshot.at, text, counted ? 0 : 1);
    }
}

// What an operator has called expected after it was told is told no longer; it will be again once that no longer holds.
void TopologyDetector::excuse(Watch& watch, const Snapshot& snapshot) {
    for (auto& [key, edge] : edges_.all()) {
        if (watch.open.empty()) return;
        const auto open = watch.open.find(edge.labels.only(watch.rule.by));
        const auto* said = open == watch.open.end() ? nullptr : said_of(snapshot, edge);
        if (!said || !said->expected) continue;
        const auto about = text_of(edge);
        const auto dropped =
            std::erase_if(open->second.edges, [&](const auto& told) { return told.second.starts_with(about); });
        if (dropped == 0) continue;
        (watch.rule.name == "topology-vanished" ? edge.missed : edge.untold) = watch.rule.name != "topology-vanished";
        open->second.count -= double(dropped);
        if (open->second.edges.empty()) watch.open.erase(open);
    }
}

void TopologyDetector::note_silence(const Snapshot& snapshot) {
    auto* rule = watch("topology-vanished");
    // What cannot be scraped is not silent.
    if (!snapshot.reachable || !snapshot.failing_targets.empty()) watched_since_.reset();
    if (!snapshot.edges_answered || !snapshot.failing_targets.empty()) return;
    if (!watched_since_) watched_since_ = snapshot.at;
    if (!rule || learning(snapshot.at)) return;
    for (auto& [key, edge] : edges_.all()) {
        const auto labels = edge.labels.only(rule->rule.by);
        const double silent =
            to_epoch_seconds(snapshot.at) - to_epoch_seconds(std::max(edge.last_seen, *watched_since_));
        const double window = double(rule->rule.window.count()) / 1000;
        if (edge.last_seen == snapshot.at) rule->open.erase(labels);
        const bool vanished = edge.movements >= movements_to_know &&
                              silent > std::max(window, silent_gaps * edge.longest_gap) &&
                              silent * edge.usual_rate > missed_events;
        if (!vanished || edge.missed || said_of(snapshot, edge)) continue;
        edge.missed = true;
        note(*rule, edge.labels, edge.last_seen, text_of(edge) + " fell silent", 1);
        const auto open = rule->open.find(labels);
        if (open != rule->open.end()) open->second.last_at = snapshot.at;
    }
}

void TopologyDetector::report(Watch& watch, const Snapshot& snapshot, Inspection& out) const {
    const auto& rule = watch.rule;
    std::erase_if(watch.open, [&](const auto& entry) {
        return snapshot.reachable && entry.second.last_at + rule.quiet <= snapshot.at;
    });
    RuleVerdict verdict{rule.name,          watch.open.empty() ? RuleHealth::ok : RuleHealth::firing,
                        snapshot.reachable, {},
                        rule.threshold,     rule.window};
    if (!snapshot.reachable) {
        verdict.health = RuleHealth::blind;
        verdict.cause = snapshot.unreachable_cause;
    } else if (learning(snapshot.at)) {
        verdict.cause = learning_until_ ? "learning until " + to_rfc3339(*learning_until_)
                                        : "learning has not begun: no edge was read yet";
    }
    if (!rule.enabled) verdict = {rule.name, RuleHealth::off, false, {}, 0, Duration{0}};
    out.rules.push_back(std::move(verdict));
    for (const auto& [subject, novelty] : watch.open) {
        auto finding = finding_of(rule, subject, {novelty.count, rule.threshold, rule.window});
        finding.kind = IncidentKind::anomaly;
        finding.started_at = novelty.started_at;
        finding.crossed_at = novelty.started_at;
        finding.evidence.taken_at = snapshot.at;
        finding.evidence.rule = {
            {"name", rule.name}, {"quiet", to_string(rule.quiet)}, {"severity", std::string(to_string(rule.severity))}};
        for (const auto& [at, edge] : novelty.edges)
            finding.evidence.notes.push_back(fmt::format("{} {}", to_rfc3339(at), edge));
        finding.evidence.truncated = novelty.edges.size() == most_listed;
        out.findings.push_back(std::move(finding));
    }
}

void TopologyDetector::publish(Time at) {
    auto next = std::make_shared<Topology>();
    next->at = at;
    next->learning = learning(at);
    next->learning_until = learning_until_.value_or(at);
    next->kept_since = kept_since_;
    next->edges.reserve(edges_.all().size());
    for (const auto& [key, edge] : edges_.all()) next->edges.push_back(shown(edge));
    next->ended = edges_.ended();
    topology_ = std::move(next);
}

Inspection TopologyDetector::inspect(const Snapshot& snapshot) {
    Inspection inspection;
    if (!options_.enabled) {
        for (const auto& watch : watches_)
            inspection.rules.push_back({watch.rule.name, RuleHealth::off, false, {}, 0, Duration{0}});
        return inspection;
    }
    note_refusals(snapshot);
    note_edges(snapshot);
    note_silence(snapshot);
    for (const auto* name : {"tcp-new-edge", "topology-vanished"})
        if (auto* told = watch(name); told && snapshot.expectations) excuse(*told, snapshot);
    for (auto& watch : watches_) report(watch, snapshot, inspection);
    if (snapshot.edges_answered) publish(snapshot.at);
    return inspection;
}

std::string TopologyDetector::save() const {
    nlohmann::json state{{"version", state_version}, {"edges", edges_.save()}, {"callers", callers_}};
    if (learning_until_) state["learning_until"] = learning_until_->time_since_epoch().count();
    if (kept_since_) state["kept_since"] = kept_since_->time_since_epoch().count();
    if (const auto at = edges_.observed_at()) state["at"] = at->time_since_epoch().count();
    for (const auto& watch : watches_)
        for (const auto& [subject, novelty] : watch.open) {
            nlohmann::json entry{{"rule", watch.rule.name}, {"started", novelty.started_at.time_since_epoch().count()},
                                 {"last", novelty.last_at.time_since_epoch().count()}, {"count", novelty.count}};
            for (const auto& [name, value] : subject) entry["labels"][name] = value;
            for (const auto& [at, edge] : novelty.edges)
                entry["edges"].push_back({at.time_since_epoch().count(), edge});
            state["open"].push_back(std::move(entry));
        }
    return state.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<void> TopologyDetector::load(std::string_view bytes) {
    if (bytes.empty()) return {};
    try {
        const auto state = nlohmann::json::parse(bytes);
        if (state.at("version").get<int>() != state_version)
            return fail("the saved topology has an unknown version; it is learned anew");
        if (auto loaded = edges_.load(state.at("edges").get_ref<const std::string&>()); !loaded) return loaded;
        callers_ = state.at("callers").get<std::set<std::string>>();
        if (state.contains("learning_until"))
            learning_until_ = Time(Duration(state["learning_until"].get<std::int64_t>()));
        for (const auto& entry : state.value("open", nlohmann::json::array())) {
            auto* rule = watch(entry.at("rule").get_ref<const std::string&>());
            if (!rule) continue;
            std::vector<Labels::Pair> labels;
            const auto named = entry.value("labels", nlohmann::json::object());
            for (const auto& [name, value] : named.items()) labels.emplace_back(name, value.get<std::string>());
            Novelty novelty{Labels(std::move(labels)), Time(Duration(entry.at("started").get<std::int64_t>())),
                            Time(Duration(entry.at("last").get<std::int64_t>())), {}, entry.at("count").get<double>()};
            for (const auto& edge : entry.value("edges", nlohmann::json::array()))
                novelty.edges.emplace_back(Time(Duration(edge.at(0).get<std::int64_t>())),
                                           edge.at(1).get<std::string>());
            const auto subject = novelty.labels;
            rule->open.emplace(subject, std::move(novelty));
        }
        if (state.contains("kept_since")) kept_since_ = Time(Duration(state["kept_since"].get<std::int64_t>()));
        if (state.contains("at")) {
            edges_.observed(Time(Duration(state["at"].get<std::int64_t>())));
            publish(*edges_.observed_at());
        }
    } catch (const nlohmann::json::exception& problem) {
        return fail(fmt::format("the saved topology cannot be read and is learned anew: {}", problem.what()));
    }
    return {};
}

}  // namespace meshwarden::anomaly

// The table of the configuration file.
#include "config/codecs.hpp"
#include "config/draft.hpp"

namespace meshwarden::config {

namespace {

// A member of Draft::config.
template <class Member>
auto in_config(Member member) {
    return [=](auto& draft) -> auto& { return std::invoke(member, draft.config); };
}

template <class Outer, class Member>
auto in_config(Outer outer, Member member) {
    return [=](auto& draft) -> auto& { return std::invoke(member, std::invoke(outer, draft.config)); };
}

collector::Options default_prometheus() {
    collector::Options options;
    options.endpoint.url = "http://127.0.0.1:9090";
    return options;
}

Codec<std::string> storage_url() {
    const std::string type = "sqlite:PATH";
    auto read = [=](const Value& value, std::string& target) {
        const auto& given = value.node.text;
        if (!given.starts_with("sqlite:") || given.size() == 7 || given.find_first_of("?\n") != std::string::npos) {
            return value.expected(type + ", such as sqlite:meshwarden.db");
        }
        target = given;
    };
    return {type, read, scalar_yaml, nullptr};
}

Codec<std::vector<collector::Options>> prometheus_list() {
    auto codec = list_of_maps(prometheus_keys(), default_prometheus());
    codec.read = [read = codec.read](const Value& value, std::vector<collector::Options>& target) {
        if (value.node.kind == Node::Kind::list && value.node.values.empty()) {
            return value.complain("is empty, expected at least one");
        }
        read(value, target);
    };
    return codec;
}

// Files are kept as resolved, so that nothing later needs to know where the configuration lies.
Codec<std::vector<std::string>> file_list() { return words(file_path()); }

Codec<std::vector<std::pair<std::string, const Node*>>> override_map() {
    using Overrides = std::vector<std::pair<std::string, const Node*>>;
    auto read = [](const Value& value, Overrides& target) {
        if (value.node.kind != Node::Kind::map) {
            return value.expected("a map of rule names to keys of a rule");
        }
        std::vector<std::string> names;
        for (const auto& key : value.node.keys) {
            names.push_back(key.text);
        }
        for (const auto& [name, entry] : known_values(value, names)) {
            target.emplace_back(name, &entry.node);
        }
    };
    return {"map of rule names to keys of a rule", read, [](const Overrides&) { return "{}"; }, nullptr};
}

Keys<Owner> owner_keys() {
    return {
        matchers<Owner>("match", &Owner::match_text, &Owner::match, "Labels of an incident; none: every incident."),
        required(key<Owner>("team", &Owner::team, text(200), "Value of the label `team`.")),
        key<Owner>("runbook_url", &Owner::runbook_url, text(), "Used where the rule has none."),
    };
}

Keys<Route> route_keys() {
    return {
        matchers<Route>("match", &Route::match_text, &Route::match,
                        "Matchers on an incident's labels, severity, rule and kind, as in Alertmanager; none: all."),
        required(key<Route>("targets", &Route::targets, words(word()), "Names of targets.")),
        key<Route>("continue", &Route::goes_on, flag(), "Look at the next routes too."),
    };
}

Keys<Draft> storage_keys() {
    return {
        key<Draft>("url", in_config(&Config::storage_url), storage_url(), "The database; made where it is missing."),
        key<Draft>("retention", in_config(&Config::retention), duration(std::chrono::seconds(1)),
                   "How long resolved incidents keep their details."),
        key<Draft>("max_size", in_config(&Config::max_size), size(1u << 20), "The oldest details go first."),
    };
}

Keys<Draft> mesh_keys() {
    return {
        key<Draft>("trust_domains", &Draft::trust_domains, words(word()),
                   "Hosts NAME.NAMESPACE.svc.DOMAIN with one of these are services of the mesh."),
        key<Draft>("root_namespace", in_config(&Config::root_namespace), word(), "Istio's root namespace."),
    };
}

Keys<Draft> anomaly_keys() {
    return {
        key<Draft>("enabled", in_config(&Config::anomaly, &anomaly::Options::enabled), flag(),
                   "Learn the topology and tell of what is new in it."),
        key<Draft>("alerts_per_day", in_config(&Config::anomaly, &anomaly::Options::alerts_per_day),
                   number_map({"critical", "high", "medium", "low"}, 0),
                   "Budget: how many incidents of each severity a day of ordinary life may open, over the whole mesh."),
        key<Draft>("learning_period", in_config(&Config::anomaly, &anomaly::Options::learning_period),
                   duration(Duration{0}, std::chrono::hours(24 * 90)),
                   "From the first reading, also one of the past: what is seen is learned, nothing is told."),
        key<Draft>("interval", in_config(&Config::anomaly, &anomaly::Options::interval),
                   duration(std::chrono::seconds(1), std::chrono::hours(1)),
                   "Behaviour (bursts, fans, chains, beacons) is judged once in each; most workloads should talk in most "
                   "of them. Another one is learned anew."),
        key<Draft>("warm_up", in_config(&Config::anomaly, &anomaly::Options::warm_up),
                   duration(Duration{0}, std::chrono::hours(24 * 31)),
                   "So much of Prometheus' past is read at the first start, so that less is left to learn; `0s`: none."),
    };
}

Keys<Draft> incident_keys() {
    using O = incidents::Options;
    return {
        key<Draft>("reopen_window", in_config(&Config::incidents, &O::reopen_window), duration(Duration{0}),
                   "Calm for less than this: the same incident opens again, not a new one."),
        key<Draft>("repeat_interval", in_config(&Config::incidents, &O::repeat_interval),
                   duration(std::chrono::seconds(1)), "An open incident is told again after this long."),
    };
}

Keys<Draft> heartbeat_keys() {
    return {
        key<Draft>("target", in_config(&Config::heartbeat_target), text(100),
                   "Name of the target that hears that we live, and the head of the history; empty: none."),
        key<Draft>("interval", in_config(&Config::heartbeat_interval), duration(std::chrono::seconds(1)),
                   "How often."),
    };
}

Keys<Draft> log_keys() {
    const auto same = [](const std::vector<std::string>& names) {
        std::vector<std::pair<std::string, std::string>> choices;
        for (const auto& name : names) {
            choices.emplace_back(name, name);
        }
        return choice<std::string>(choices);
    };
    return {
        key<Draft>("level", in_config(&Config::log_level), same({"debug", "info", "warn", "error"}),
                   "The least that is logged."),
        key<Draft>("format", in_config(&Config::log_format), same({"logfmt", "json"}), "Form of a line on stderr."),
    };
}

}  // namespace

const Keys<Draft>& config_keys() {
    const auto web = in_config(&Config::web);
    static const Keys<Draft> keys = {
        key<Draft>("instance", in_config(&Config::instance), word(),
                   "The name that replicas share; part of every dedup key."),
        required(key<Draft>("prometheus", in_config(&Config::prometheus),
                            prometheus_list(), "The servers to read; a list, also for one.")),
        key<Draft>("web", web, map_of(web_keys()), "API and console."),
        section<Draft>("storage", storage_keys(), "Where incidents are kept."),
        section<Draft>("mesh", mesh_keys(), "The mesh that is watched."),
        key<Draft>("signals", &Draft::signal_files, file_list(),
                   "Further signal files; the shipped ones are built in."),
        key<Draft>("rules", &Draft::rule_files, file_list(), "Further rule files; the shipped ones are built in."),
        key<Draft>("overrides", &Draft::overrides, override_map(),
                   "Rule name to any key of a rule, such as `authz-denials: {threshold: 20}` or `{enabled: false}`."),
        key<Draft>("owners", in_config(&Config::owners), list_of_maps(owner_keys(), Owner{}),
                   "Who owns what: sets the label `team`; the first match counts."),
        section<Draft>("anomaly", anomaly_keys(), "The learned topology."),
        section<Draft>("incidents", incident_keys(), "Life of an incident."),
        key<Draft>("targets", in_config(&Config::notify, &notify::Options::targets), target_list(),
                   "Whom to tell; each has a name and exactly one kind."),
        key<Draft>("routes", in_config(&Config::incidents, &incidents::Options::routes),
                   list_of_maps(route_keys(), Route{}),
                   "Which incident goes to which targets; the first match wins. None: every incident to every target."),
        section<Draft>("heartbeat", heartbeat_keys(), "A sign of life, so that our own silence is noticed."),
        key<Draft>("links", web, map_of(link_keys()),
                   "Templates over an incident's labels, such as https://kiali/ns/{{ destination_namespace }}."),
        section<Draft>("log", log_keys(), "Logs, on stderr."),
    };
    return keys;
}

}  // namespace meshwarden::config

// Saved states of unknown origin, of a baseline, of the topology detector around it and of the rules: refused, or one
// that can be lived with. The baseline's checksum is mended, so that what lies behind it is reached.
#include <zlib.h>

#include <string>
#include <vector>

#include "anomaly/baseline.hpp"
#include "anomaly/topology_detector.hpp"
#include "rules/rule_state.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden;
using anomaly::Baseline;
using anomaly::TopologyDetector;

namespace {

void read_baseline(std::string bytes) {
    Baseline raw({.max_edges = 64});
    if (const auto loaded = raw.load(bytes); !loaded) fuzz::promise_presentable(loaded.error().message, 300);
    const auto seal = std::uint32_t(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
    bytes.append(reinterpret_cast<const char*>(&seal), sizeof(seal));
    Baseline baseline({.max_edges = 64});
    if (!baseline.load(bytes)) return;
    fuzz::promise(Baseline({.max_edges = 64}).load(baseline.save()).has_value(),
                  "what was loaded can be saved and loaded");
}

TopologyDetector fresh_topology() {
    std::vector<RuleSpec> rules;
    for (const auto* name : {"topology-new-edge", "topology-vanished", "topology-burst"}) {
        RuleSpec rule;
        rule.name = name;
        rule.by = {"cluster", "source_workload"};
        rule.learned = true;
        rules.push_back(rule);
    }
    anomaly::Options options;
    options.max_edges = 64;
    return {options, rules};
}

// Two readings an interval apart, of one edge: what was loaded goes on.
void read_topology(std::string_view bytes) {
    auto topology = fresh_topology();
    if (const auto loaded = topology.load(bytes); !loaded) {
        fuzz::promise_presentable(loaded.error().message, 400);
        return;
    }
    Snapshot snapshot;
    snapshot.reachable = snapshot.edges_answered = true;
    snapshot.at = topology.taught_until().value_or(Time()) + std::chrono::minutes(1);
    for (const double total : {5.0, 9.0}) {
        EdgeCount count;
        count.labels = Labels({{"protocol", "http"}, {"source_workload", "web"}, {"destination_workload", "ledger"}});
        count.total = total;
        snapshot.edges = {count};
        topology.inspect(snapshot);
        snapshot.since = snapshot.at;
        snapshot.at += std::chrono::minutes(6);
    }
    fuzz::promise(fresh_topology().load(topology.save()).has_value(), "what was loaded can be saved and loaded");
}

void read_rules(std::string_view text) {
    const auto states = rules::parse_rule_states(text);
    if (!states) return fuzz::promise_presentable(states.error().message, 400);
    const auto again = rules::parse_rule_states(rules::to_text(*states));
    fuzz::promise(again && rules::to_text(*again) == rules::to_text(*states), "what was loaded can be saved and loaded");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    read_baseline(std::string(bytes));
    read_topology(bytes);
    read_rules(bytes);
    return 0;
}

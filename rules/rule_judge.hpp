// One threshold rule over one signal: groups, windows, episodes, findings.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "model/detector.hpp"
#include "model/signal.hpp"
#include "rules/episode.hpp"
#include "rules/evidence.hpp"
#include "rules/meter.hpp"
#include "rules/rule_state.hpp"

namespace meshwarden::rules {

// Owned by one RulesDetector, not synchronised.
class RuleJudge {
public:
    // `interval`: the longest of the signals that the rule looks at; 0 where all are read at every tick.
    RuleJudge(RuleSpec rule, const SignalSpec& signal, Duration interval);

    const std::string& rule() const { return rule_.name; }
    void inspect(const Snapshot& snapshot, Inspection& out);
    Duration horizon() const;
    // The signals that it looks at, where they were settled last before the cursor of a start.
    std::map<std::string, Time> settled() const;

    // None where history tells everything once the rule has settled all up to `cursor`.
    std::optional<RuleState> state(Time cursor) const;
    void resume(RuleState state);  // before the first Snapshot

private:
    struct Group {
        Labels labels;
        std::unique_ptr<Meter> meter;
        History history;
        Episode episode;
        double threshold = 0;
        double clear = 0;
        double peak = 0;
        Time started_at;
        bool blind = false;
        std::map<Labels, Time> unseen;  // failing targets that took part: the last sample
        Time judged_to = Time::min();   // by the process before
        Time shown_from;  // the crossing that its evidence begins with
        std::optional<Evidence> evidence;
    };
    using Refusals = std::map<Place, std::vector<Explained>>;

    double scale(Duration scrape_interval) const;
    bool counts_events() const;
    Group& group_of(const Labels& labels, double factor);
    void begin(const Snapshot& snapshot, double factor);
    void resume(const GroupState& state, double factor);
    // Since when a failing target that took part has shown nothing.
    static std::optional<Time> note_unseen(Group& group, const std::vector<Labels>& failing_targets);
    void take_in(const Reading& reading, double factor);
    void explain();
    void judge(Group& group, const Snapshot& snapshot, Inspection& out);
    void emit(Group& group, const Snapshot& snapshot, Inspection& out) const;
    void begin_evidence(Group& group, std::optional<Time> crossed_before) const;
    void freeze(Group& group, Time at) const;
    std::string corroborated(const History& history, Time from, Time to) const;
    void forget(Time now);
    // Nothing was due since the last full answers: what they showed still stands.
    bool stands(const Snapshot& snapshot, const Reading* reading, const Reading* explainer) const;
    std::optional<std::string> blindness(const Snapshot& snapshot) const;  // why it does not see; none: it does
    RuleVerdict verdict(const Snapshot& snapshot, const Reading* reading) const;

    RuleSpec rule_;
    SignalKind kind_;
    Duration drop_over_;
    Duration interval_;
    Duration window_{0};  // as evaluated
    Time judged_to_ = Time::min();
    RuleState resumed_;               // until the first Snapshot of a Prometheus that answers
    std::optional<Time> settled_to_;  // what ended by then was told: as of the start, then judged_to_
    std::map<Labels, Group> groups_;
    Refusals confirmed_;  // increments of `corroborated_by`
    Refusals shown_;      // increments of the rule's own signal that those may have confirmed, whoever was refused
    Refusals explained_;  // increments of `unexplained_by` that explained nothing yet
};

}  // namespace meshwarden::rules

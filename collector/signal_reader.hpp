// Reads one signal: all its parts, and what may be said about their coverage. Owned by the Collector.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <unordered_set>
#include <vector>

#include "collector/coverage.hpp"
#include "collector/edges.hpp"
#include "collector/levels.hpp"
#include "collector/part_reader.hpp"

namespace meshwarden::collector {

class SignalReader {
public:
    // `liveness`: of each part, in order; owned by the caller.
    SignalReader(SignalSpec spec, const Options& options, std::vector<const Liveness*> liveness);

    const SignalSpec& spec() const { return spec_; }

    void begin(const Poll& poll);  // decides whether the signal is due
    bool behind(Time now) const;
    bool far_behind(const Poll& poll) const;

    // The steps of one round, as in PartReader.
    void ask(const Poll& poll, Questions& questions);
    void ask_samples(const Poll& poll, const Questions& questions, Questions& samples);
    void take(const Questions& questions, const Questions& samples, const std::unordered_set<std::uint64_t>& failing,
              Targets& targets);
    void need(const Poll& poll, Needs& needs) const;
    void ask_reporters(Questions& more);
    void fold(const Questions& more, const std::expected<TargetFacts, Cause>& facts, const Targets& targets,
              const Poll& poll);

    // The poll's reading. `snapshot` gives since, at and failing targets; `edges` tells of an edges signal.
    Reading finish(const Snapshot& snapshot, const Edges& edges);

    bool failed() const { return failure().has_value(); }

    // Did the last reading hold events of a family that was not known to be alive?
    bool surprised() const { return surprised_; }

    static Reading unreachable(const SignalSpec& spec, const std::string& cause);

private:
    bool levels_kind() const;
    std::optional<Cause> failure() const;
    void gather(Reading& reading, Time now);
    void cover(Reading& reading, const std::vector<Labels>& failing) const;
    void judge(Reading& reading, Time now);

    SignalSpec spec_;
    std::vector<const Liveness*> liveness_;
    std::vector<PartReader> parts_;
    std::vector<Levels> levels_;

    bool due_ = false;
    bool levels_asked_ = false;
    bool surprised_ = false;
    Time next_;
    Time retry_at_;                           // a question that is too slow is not asked at every poll
    std::optional<Cause> standing_failure_;   // until then
    Duration patience_;
    std::optional<Cause> levels_failure_;
    std::vector<SeriesUpdate> level_updates_;
    std::deque<std::pair<Time, double>> recent_;  // events of the last minute
    Time missed_until_;
    Time aggregated_until_;
};

}  // namespace meshwarden::collector

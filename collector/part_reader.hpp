// Reads one selector of a signal without a gap: remembers how far it has read, asks for what came since (long gaps in
// pieces), and folds it once all that the fold needs is known. A failed read is repeated, longer, the next time.
// Counters of failures stand at 0 nearly everywhere. So of gaps of few scrapes first the last values above 0 are asked
// for, in pieces that hold one scrape each, and then the samples of those targets only where that tells something new.
// Owned by one signal reader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/extract.hpp"
#include "collector/fact_finder.hpp"
#include "collector/increments.hpp"
#include "collector/options.hpp"
#include "collector/reporters.hpp"
#include "model/signal.hpp"

namespace meshwarden::collector {

// What one poll is about.
struct Poll {
    Time now;       // by Prometheus' clock
    Time since;     // the cursor
    Duration back;  // so long before it begins the history that a first read takes in
    const std::map<std::string, Time>& settled;  // signals that were settled last at an earlier time
    Duration scrape_interval;
    Duration margin;  // how late a sample may be committed after its time
    const std::unordered_set<std::uint64_t>& restarted;  // targets whose process began anew of late

    Time start(const std::string& signal) const {
        const auto found = settled.find(signal);
        return (found == settled.end() ? since : std::min(since, found->second)) - back;
    }
    Time earliest() const {
        Time first = since;
        for (const auto& [signal, at] : settled) first = std::min(first, at);
        return first - back;
    }
};

class PartReader {
public:
    static constexpr Duration longest_gap = std::chrono::hours(24);
    static constexpr Duration longest_piece = std::chrono::minutes(30);
    static constexpr Duration shortest_piece = std::chrono::minutes(1);
    static constexpr int most_glances = 4;  // of one scrape each; a longer gap is read whole
    static constexpr std::size_t handy = 200'000;  // samples in one answer; pieces grow and shrink towards it

    PartReader(const SignalSpec& spec, const SignalPart& part, const Options& options);

    void begin();  // of a poll
    bool behind(Time now) const { return !failure_ && (!read_to_ || *read_to_ < now); }
    // So far that it is read whole, which may be large.
    bool far_behind(const Poll& poll) const;

    // The steps of one piece, in this order.
    void ask(const Poll& poll, Questions& questions);
    void ask_samples(const Poll& poll, const Questions& questions, Questions& samples);
    void take(const Questions& questions, const Questions& samples, Targets& targets);
    void need(const Poll& poll, Needs& needs) const;
    void ask_reporters(Questions& more);
    void fold(const Questions& more, const std::expected<TargetFacts, Cause>& facts, const Targets& targets,
              const Poll& poll);

    Time piece_end() const { return piece_end_; }
    const std::optional<Cause>& failure() const { return failure_; }  // of this poll
    std::vector<SeriesUpdate>& updates() { return updates_; }         // of this poll
    bool possibly_missed() const { return possibly_missed_; }         // in this poll
    bool aggregated() const { return aggregated_; }                   // in this poll

private:
    struct Stream {
        Increments fold;
        Rows rows;
    };

    Duration range(const Poll& poll) const { return piece_end_ - *read_to_ + poll.margin; }
    void lay_out(const Questions& questions, const Questions& samples);
    void fail(Cause cause);
    void fail_to_read(const Cause& cause);
    bool needs_facts(const Poll& poll) const;

    SignalKind kind_;
    std::string signal_;
    std::vector<std::string> selectors_;
    Extractor extract_;
    Reporters reporters_;
    std::vector<Stream> streams_;

    std::optional<Time> read_to_;
    Time known_from_;
    Duration piece_ = 2 * shortest_piece;
    bool history_lost_ = false;

    bool asked_ = false;  // the piece in work
    bool narrow_ = false;  // of it what is above 0 was asked for first
    Time piece_end_;
    Time now_;  // of the poll
    std::vector<Questions::Id> ids_;
    std::vector<Questions::Id> sample_ids_;

    std::optional<Cause> failure_;
    std::vector<SeriesUpdate> updates_;
    bool possibly_missed_ = false;
    bool aggregated_ = false;
};

}  // namespace meshwarden::collector

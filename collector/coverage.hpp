// How much of a family can be seen: which targets carry it, which ought to, and which of those fail right now. One per
// distinct pair of questions; owned by the Collector.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/questions.hpp"
#include "model/signal.hpp"

namespace meshwarden::collector {

struct Seen {
    int covered = 0;   // targets that carry it and do not fail
    int expected = 0;  // targets that ought to; at least `covered`
};

class Liveness {
public:
    // PromQL; `expected` may be empty. `on_demand`: once a target carries the family all that are expected to do cover it.
    Liveness(std::string live, std::string expected, bool on_demand);

    void ask(Time at, std::string_view signal, Questions& questions);
    void take(const Questions& questions);

    // With the targets that fail now. A target that fails was covered and is still expected.
    Seen seen(const std::vector<Labels>& failing) const;

    const std::vector<std::uint64_t>& targets() const { return targets_; }  // keys, at the last answer

    bool known() const { return checked_at_.has_value(); }
    Time checked_at() const { return checked_at_.value_or(Time{}); }
    const std::optional<Cause>& failure() const { return failure_; }  // of the last question

private:
    using Keys = std::unordered_set<std::uint64_t>;

    Keys keys(const Answer& answer);

    std::string live_;
    std::string expected_;
    bool on_demand_;
    std::optional<Questions::Id> asked_live_;
    std::optional<Questions::Id> asked_expected_;
    Time asked_at_;
    std::optional<Time> checked_at_;
    std::optional<Cause> failure_;
    Keys live_now_;
    std::vector<std::uint64_t> targets_;
    Keys expected_now_;
    std::unordered_map<std::uint64_t, Time> remembered_;  // seen within the last hour
    std::set<std::vector<std::string>> shapes_;           // label names of the answers' elements
};

// The selector that carries a signal part's family, and the question that proves it live.
std::string live_question(const SignalSpec& spec, const SignalPart& part);

}  // namespace meshwarden::collector

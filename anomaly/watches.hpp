// What a learned rule has open: one episode per subject, from the first odd thing until it has been quiet for a while.
// Part of a detector's state; owned by it, not synchronised.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/detector.hpp"

namespace meshwarden::anomaly {

constexpr std::size_t most_listed = 50;  // things named in one episode

struct Episode {
    Time started_at;
    Time last_at;
    std::vector<std::pair<Time, std::string>> listed;  // at most `most_listed`
    double value = 0;
    double expected = 0;
    Severity severity = Severity::low;
    Time crossed_at;     // of the tick that last saw something new of it
    bool renewed = true;  // in this tick

    bool lists(std::string_view text) const;
    bool list(Time at, std::string text);  // once, while there is room; was it listed now?
};

struct Watch {
    RuleSpec rule;
    std::map<Labels, Episode> open;  // by subject

    Episode* find(const Labels& labels);  // null: nothing is open there
    // Takes lines out of what is open there, and ends it where none is left. Was there any?
    bool drop(const Labels& labels, const std::function<bool(const std::string&)>& lines);
};

// Something odd, as one rule sees it.
struct Sighting {
    Labels labels;        // the rule's `by` of them are the subject
    Time at;
    std::string text;     // a line of the evidence; the same one is listed once
    double value = 1;
    double expected = 0;
    bool counts = true;   // values add up; else the highest stands, with what was expected then
    Severity severity = Severity::low;
};

// Why a rule sees nothing, and why it tells nothing yet; "" where it does.
struct Standing {
    std::string blind, learning;
};

class Watches {
public:
    explicit Watches(const std::vector<RuleSpec>& rules);  // of these the learned ones

    Watch* find(std::string_view rule);  // null: there is none, or it is off
    void note(Watch& watch, Sighting sighting);

    // Findings and verdicts of all; ends what was quiet, as far as it was seen.
    template <class StandingOf>
    void report(const Snapshot& snapshot, Inspection& out, const StandingOf& standing_of) {
        for (auto& watch : all_) report_one(watch, snapshot, standing_of(watch.rule), out);
    }
    void report_off(Inspection& out) const;

    nlohmann::json save() const;
    void load(const nlohmann::json& saved);  // throws nlohmann::json::exception

private:
    static void report_one(Watch& watch, const Snapshot& snapshot, const Standing& standing, Inspection& out);

    std::vector<Watch> all_;
};

}  // namespace meshwarden::anomaly

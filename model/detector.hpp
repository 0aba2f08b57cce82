// The one interface of everything that judges Snapshots: rules, anomaly, policy. A detector belongs to one
// Prometheus and one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.hpp"
#include "model/finding.hpp"
#include "model/snapshot.hpp"

namespace meshwarden {

enum class RuleHealth { ok, firing, blind, off };
std::string_view to_string(RuleHealth health);

// Only a rule that was judged on a full answer may have its incidents resolved for want of findings.
struct RuleVerdict {
    std::string rule;
    RuleHealth health = RuleHealth::ok;
    bool judged = false;
    std::string cause;          // of blindness
    double threshold = 0;       // as evaluated
    Duration window{0};         // as evaluated: never shorter than two scrape intervals
};

struct Inspection {
    std::vector<Finding> findings;  // every episode that goes on or ended since it could last be judged
    std::vector<RuleVerdict> rules;
};

// How far back history must be read again after a start.
struct Horizon {
    Duration back{0};                     // before the cursor
    std::map<std::string, Time> settled{};  // signals settled last at an earlier time: `back` before that
};

class Detector {
public:
    virtual ~Detector() = default;

    virtual std::string name() const = 0;

    // No clock, no I/O; changes nothing but the detector's own state. The same state and snapshot give the same
    // answer and the same next state.
    virtual Inspection inspect(const Snapshot& snapshot) = 0;

    // Once the state is loaded.
    virtual Horizon horizon() const = 0;

    // State that history cannot rebuild; "" where there is none.
    virtual std::string save() const { return {}; }
    virtual Result<void> load(std::string_view) { return {}; }
};

}  // namespace meshwarden

// All threshold rules of one Prometheus, and our own sight. A Detector (see model/detector.hpp).
#pragma once

#include <memory>
#include <vector>

#include "model/detector.hpp"
#include "rules/coverage_judge.hpp"
#include "rules/rule_judge.hpp"

namespace meshwarden::rules {

class RulesDetector final : public Detector {
public:
    // Rules with `learned`, disabled ones, and those whose signal is not among `signals` are not judged here.
    RulesDetector(const std::vector<RuleSpec>& rules, const std::vector<SignalSpec>& signals);

    std::string name() const override { return "rules"; }
    Inspection inspect(const Snapshot& snapshot) override;
    Horizon horizon() const override;
    // JSON (see rules/rule_state.hpp): what fires, what stalls, and what is not settled yet because a signal does not
    // answer. The same as before while none of it changes.
    std::string save() const override;
    Result<void> load(std::string_view text) override;

private:
    std::vector<RuleJudge> judges_;
    std::vector<CoverageJudge> coverage_;
    std::vector<std::string> off_;
    Time answered_at_;  // the last Snapshot of a Prometheus that answers
};

}  // namespace meshwarden::rules

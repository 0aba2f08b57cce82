// settle without a Store: keeps the last episode of every subject in memory and gives settle what a Store would.
// What happened is told in one line: `opened(opened secops) resolved(resolved secops)`.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "incidents/actions.hpp"
#include "incidents/settle.hpp"
#include "tests/incidents/builders.hpp"

namespace meshwarden::incidents::test {

class World {
public:
    std::string see(const Tick& tick, const Options& options = test::options()) {
        std::vector<Known> known;
        for (const auto& [key, one] : last_)
            if (asked_for(one, key, tick)) known.push_back(one);
        return keep(settle(std::move(known), tick, options));
    }

    std::string act(EventKind kind, Duration after, std::string by = "alice") {
        auto change = apply(last_.begin()->second, {.kind = kind, .by = std::move(by)}, start + after, options());
        return change ? keep({std::move(*change)}) : "refused";
    }

    std::string retire(const Configured& configured, Duration after, const Options& options = test::options()) {
        std::vector<Known> known;
        for (const auto& [key, one] : last_) known.push_back(one);
        return keep(incidents::retire(std::move(known), configured, start + after, options));
    }

    const Incident& only() const { return last_.at(only_key()).incident; }
    const Known& known() const { return last_.at(only_key()); }
    const std::vector<Change>& changes() const { return changes_; }

private:
    static bool asked_for(const Known& one, const std::string& key, const Tick& tick) {
        const auto subject = [&](const Finding& finding) { return subject_key(finding) == key; };
        const bool ours = one.incident.prometheus == tick.prometheus ||
                          std::ranges::find(one.seen_by, tick.prometheus) != one.seen_by.end();
        return (one.incident.state != IncidentState::resolved && ours) || std::ranges::any_of(tick.findings, subject);
    }

    const std::string& only_key() const {
        REQUIRE(last_.size() == 1);
        return last_.begin()->first;
    }

    std::string keep(std::vector<Change> changes) {
        std::string told;
        for (const auto& change : changes) {
            last_[change.next.incident.subject_key] = change.next;
            for (const auto& step : change.steps) {
                told += (told.empty() ? "" : " ") + std::string(to_string(step.kind));
                if (!step.notice) continue;
                told += "(" + std::string(to_string(step.notice->reason));
                for (const auto& target : step.notice->targets) told += " " + target;
                told += ")";
            }
        }
        changes_ = std::move(changes);
        return told;
    }

    std::map<std::string, Known> last_;
    std::vector<Change> changes_;
};

}  // namespace meshwarden::incidents::test

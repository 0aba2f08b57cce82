#include "incidents/parts.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace meshwarden::incidents {
namespace {

constexpr std::size_t first_subjects = 100;  // soon told
constexpr std::size_t most_subjects = 500;   // a fraction of a second

struct Subject {
    std::string key;
    Severity gravest = Severity::info;
    std::vector<Finding> findings;
};

std::vector<Subject> subjects_of(std::vector<Finding> findings) {
    std::vector<Subject> subjects;
    std::unordered_map<std::string, std::size_t> places;
    for (auto& finding : findings) {
        auto key = subject_key(finding);
        const auto [place, fresh] = places.try_emplace(key, subjects.size());
        if (fresh) subjects.push_back({.key = std::move(key), .gravest = finding.severity, .findings = {}});
        auto& subject = subjects[place->second];
        subject.gravest = std::max(subject.gravest, finding.severity);
        subject.findings.push_back(std::move(finding));
    }
    std::ranges::stable_sort(subjects, std::ranges::greater{}, &Subject::gravest);
    return subjects;
}

}  // namespace

std::vector<Tick> parts_of(Tick tick) {
    if (tick.findings.size() <= most_subjects) return {std::move(tick)};
    auto subjects = subjects_of(std::exchange(tick.findings, {}));
    std::vector<Tick> parts;
    std::set<std::string> before;
    std::size_t taken = 0;
    for (auto& subject : subjects) {
        if (parts.empty() || taken == (parts.size() == 1 ? first_subjects : most_subjects)) {
            parts.push_back({.now = tick.now,
                             .prometheus = tick.prometheus,
                             .reachable = tick.reachable,
                             .at = tick.at,
                             .findings = {},
                             .rules = tick.rules,
                             .readings = {},
                             .detector_states = {},
                             .ended_presences = {},
                             .more = true,
                             .settled_before = {}});
            taken = 0;
        }
        std::ranges::move(subject.findings, std::back_inserter(parts.back().findings));
        before.insert(std::move(subject.key));
        ++taken;
    }
    tick.settled_before = std::move(before);
    parts.push_back(std::move(tick));
    return parts;
}

}  // namespace meshwarden::incidents

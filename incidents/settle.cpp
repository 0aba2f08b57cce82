#include "incidents/settle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "incidents/firing.hpp"
#include "incidents/identity.hpp"
#include "incidents/sighting.hpp"

namespace meshwarden::incidents {
namespace {

constexpr int flapping_from = 3;

struct Judgement {
    bool judged = false;
    std::string cause;
};

class Settlement {
public:
    Settlement(const Tick& tick, const Options& options) : tick_(tick), options_(options) {
        for (const auto& verdict : tick.rules) judgements_[verdict.rule] = {verdict.judged, verdict.cause};
    }

    std::vector<Change> settle(std::vector<Known> known) {
        std::map<std::string, Known> by_subject;
        for (auto& one : known) {
            auto key = one.incident.subject_key;
            by_subject.insert_or_assign(std::move(key), std::move(one));
        }
        for (const auto& firing : gather(tick_.findings)) {
            const auto found = by_subject.find(firing.subject_key);
            if (found == by_subject.end()) {
                open(std::nullopt, firing);
            } else {
                settle_known(std::move(found->second), firing);
                by_subject.erase(found);
            }
        }
        if (tick_.more) return std::move(changes_);
        for (auto& [key, one] : by_subject)
            if (one.incident.state != IncidentState::resolved && !tick_.settled_before.contains(key))
                without_finding(std::move(one));
        return std::move(changes_);
    }

private:
    Judgement judgement(const std::string& rule) const {
        const auto found = judgements_.find(rule);
        return found == judgements_.end() ? Judgement{false, "the rule was not judged"} : found->second;
    }

    void keep(Draft& draft, std::int64_t version_before) {
        if (draft.incident().version != version_before || draft.change().is_new || draft.change().noted)
            changes_.push_back(std::move(draft.change()));
    }

    void settle_known(Known last, const Firing& firing) {
        if (last.incident.state != IncidentState::resolved) return go_on(std::move(last), firing);
        auto fresh = without_settled(firing, last.incident, tick_.prometheus);
        if (!fresh.parts.empty()) open(std::move(last), fresh);
    }

    void open(std::optional<Known> last, const Firing& firing) {
        Finding finding = firing.merged();
        const auto resolved_at = last ? last->incident.resolved_at : std::nullopt;
        // What came before a user resolved it belongs to the episode before.
        if (resolved_at && last->incident.resolve_reason == "user")
            finding.started_at = std::max(finding.started_at, *resolved_at);
        const bool again = resolved_at && !last->erased && tick_.now - *resolved_at < options_.reopen_window;
        const int episode = last ? last->incident.episode + 1 : 1;
        Draft draft(again ? std::move(*last) : Known{}, tick_.now);
        again ? begin_again(draft.incident(), finding) : begin_episode(draft.incident(), firing, finding, episode);
        take_over(draft.incident(), finding, int(firing.parts.size()));
        draft.change().is_new = !again;
        draft.known().seen_by = {tick_.prometheus};
        draft.known().marked = draft.incident().value;
        draft.step(again ? EventKind::reopened : EventKind::opened, finding.summary);
        auto& told = draft.incident().told;
        told = targets_for(options_.routes, routing_labels(draft.incident()));
        draft.tell(NoticeReason::opened, told);
        draft.change().steps.back().after = draft.incident();
        if (finding.ended_at && judgement(finding.rule).judged)
            draft.resolve("quiet", "it had ended before it was seen");
        draft.change().fired = finding;
        keep(draft, -1);
    }

    void begin_episode(Incident& incident, const Firing& firing, const Finding& finding, int episode) const {
        incident.subject_key = firing.subject_key;
        incident.episode = episode;
        incident.fingerprint = fingerprint_of(firing.subject_key, episode);
        incident.id = id_of(tick_.now, incident.fingerprint);
        incident.version = 0;
        incident.findings = 0;
        incident.value = finding.value;
        incident.started_at = finding.started_at;
        incident.opened_at = tick_.now;
    }

    void begin_again(Incident& incident, const Finding& finding) const {
        incident.state = IncidentState::open;
        incident.resolved_at.reset();
        incident.resolve_reason.clear();
        incident.acknowledged_at.reset();
        incident.acknowledged_by.clear();
        incident.flapping = ++incident.reopened >= flapping_from;
        incident.value = std::max(incident.value, finding.value);
    }

    // What a firing shows, frozen as it is when it fires.
    void take_over(Incident& incident, const Finding& finding, int parts) const {
        incident.prometheus = tick_.prometheus;
        incident.rule = finding.rule;
        incident.kind = finding.kind;
        incident.severity = finding.severity;
        incident.late = finding.calm_since.has_value();
        incident.blind = finding.blind;
        incident.labels = finding.labels;
        incident.summary = finding.summary;
        incident.action = finding.action;
        incident.runbook_url = finding.runbook_url;
        incident.techniques = finding.techniques;
        incident.threshold = finding.threshold;
        incident.window = finding.window;
        incident.crossed_at = finding.crossed_at;
        incident.findings += parts;
    }

    void go_on(Known last, const Firing& firing) {
        const auto version = last.incident.version;
        Draft draft(std::move(last), tick_.now);
        const Finding finding = firing.merged();
        const auto [judged, cause] = judgement(finding.rule);
        const bool risen = finding.value > draft.incident().value;
        join(draft, finding);
        if (risen) raise(draft, finding);
        if (finding.severity > draft.incident().severity) escalate(draft, finding.severity);
        if (finding.ended_at) {
            judged ? leave(draft) : look(draft, false, cause);
        } else if (judged && !finding.blind) {
            if (draft.incident().blind) draft.incident().prometheus = tick_.prometheus;
            look(draft, true, cause);
        } else if (!risen) {
            look(draft, false, finding.blind ? "a target that took part is not answering" : cause);
        }
        remind(draft);
        keep(draft, version);
    }

    // A further crossing, or the first seen by this Prometheus, is one more finding of the same incident.
    void join(Draft& draft, const Finding& finding) const {
        auto& seen_by = draft.known().seen_by;
        const bool newcomer = std::ranges::find(seen_by, tick_.prometheus) == seen_by.end();
        const bool owner = draft.incident().prometheus == tick_.prometheus;
        const bool further = owner && finding.crossed_at > draft.incident().crossed_at;
        if (newcomer) seen_by.push_back(tick_.prometheus);
        if (further) draft.incident().crossed_at = finding.crossed_at;
        if (!newcomer && !further) return;
        ++draft.incident().findings;
        draft.moved();
    }

    // The summary speaks of the highest value, as `value` does.
    void raise(Draft& draft, const Finding& finding) const {
        const double marked = draft.known().marked;
        const double value = finding.value;
        draft.incident().value = value;
        draft.incident().summary = finding.summary;
        draft.change().grown = finding.evidence;
        if (value < 2 * marked) return draft.moved();
        draft.known().marked = value;
        draft.step(EventKind::peaked, fmt::format("from {} to {}", marked, value));
    }

    void escalate(Draft& draft, Severity severity) const {
        auto& incident = draft.incident();
        const auto before = incident.severity;
        incident.severity = severity;
        auto targets = targets_for(options_.routes, routing_labels(incident));
        for (const auto& target : incident.told)
            if (std::ranges::find(targets, target) == targets.end()) targets.push_back(target);
        incident.told = targets;
        draft.step(EventKind::escalated, fmt::format("from {} to {}", to_string(before), to_string(severity)));
        draft.tell(NoticeReason::escalated, std::move(targets));
    }

    void without_finding(Known last) {
        const auto version = last.incident.version;
        Draft draft(std::move(last), tick_.now);
        const auto [judged, cause] = judgement(draft.incident().rule);
        judged ? leave(draft) : look(draft, false, cause);
        remind(draft);
        keep(draft, version);
    }

    // This Prometheus no longer sees it; the incident ends when none does.
    void leave(Draft& draft) const {
        auto& seen_by = draft.known().seen_by;
        auto& incident = draft.incident();
        if (std::erase(seen_by, tick_.prometheus) > 0 && !seen_by.empty()) {
            if (incident.prometheus == tick_.prometheus) incident.prometheus = seen_by.front();
            return draft.moved();
        }
        if (!seen_by.empty()) return;
        if (incident.blind && incident.prometheus == tick_.prometheus) see_again(draft, tick_.now);
        draft.resolve("quiet", "it is quiet again");
    }

    void look(Draft& draft, bool sees, const std::string& cause) const {
        if (draft.incident().prometheus != tick_.prometheus) return;
        if (!sees) lose_sight(draft, cause, tick_.now);
        else if (draft.incident().blind) regain_sight(draft, tick_.now);
    }

    void remind(Draft& draft) const {
        const auto& incident = draft.incident();
        if (incident.state != IncidentState::open || incident.told.empty() || incident.prometheus != tick_.prometheus ||
            tick_.now - incident.last_notice_at < options_.repeat_interval)
            return;
        draft.step(EventKind::reminded, "");
        draft.tell(NoticeReason::still_open, incident.told);
    }

    const Tick& tick_;
    const Options& options_;
    std::unordered_map<std::string, Judgement> judgements_;
    std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> settle(std::vector<Known> known, const Tick& tick, const Options& options) {
    return Settlement(tick, options).settle(std::move(known));
}

}  // namespace meshwarden::incidents

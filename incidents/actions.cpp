#include "incidents/actions.hpp"

#include <algorithm>

namespace meshwarden::incidents {
namespace {

void acknowledge(Draft& draft, const Action& action, Time now, const Options& options) {
    auto& incident = draft.incident();
    if (incident.state == IncidentState::acknowledged) return;
    incident.state = IncidentState::acknowledged;
    incident.acknowledged_at = now;
    incident.acknowledged_by = action.by;
    draft.step(EventKind::acknowledged, action.note, action.by);
    std::vector<std::string> targets;
    for (const auto& target : incident.told)
        if (std::ranges::find(options.acknowledging_targets, target) != options.acknowledging_targets.end())
            targets.push_back(target);
    draft.tell(NoticeReason::acknowledged, std::move(targets));
}

void assign(Draft& draft, const std::string& assignee, const std::string& note, const std::string& by) {
    draft.incident().assignee = assignee;
    draft.step(EventKind::assigned, note.empty() ? assignee : assignee + ": " + note, by);
}

}  // namespace

std::expected<Change, ActionError> apply(Known known, const Action& action, Time now, const Options& options) {
    if (action.if_version && *action.if_version != known.incident.version)
        return std::unexpected(ActionError::version_mismatch);
    Draft draft(std::move(known), now);
    const bool given = action.assignee && *action.assignee != draft.incident().assignee;
    const bool again = action.kind == EventKind::resolved && draft.resolved();
    if ((again && !given) || (action.kind == EventKind::acknowledged && draft.resolved()))
        return std::unexpected(ActionError::already_resolved);
    switch (action.kind) {
        case EventKind::acknowledged: acknowledge(draft, action, now, options); break;
        case EventKind::resolved:
            if (!again) draft.resolve("user", action.note, action.by);
            break;
        case EventKind::assigned: assign(draft, action.assignee.value_or(""), action.note, action.by); break;
        default: draft.step(EventKind::commented, action.note, action.by); break;
    }
    if (given && action.kind != EventKind::assigned) assign(draft, *action.assignee, {}, action.by);
    return std::move(draft.change());
}

}  // namespace meshwarden::incidents

#include "incidents/change.hpp"

namespace meshwarden::incidents {

void Draft::moved() {
    ++incident().version;
    incident().updated_at = now_;
}

void Draft::step(EventKind kind, std::string note, std::string by) {
    moved();
    change_.steps.push_back(
        {.kind = kind, .by = std::move(by), .note = std::move(note), .after = incident(), .notice = {}});
}

void Draft::tell(NoticeReason reason, std::vector<std::string> targets) {
    if (targets.empty()) return;
    if (reason != NoticeReason::acknowledged) incident().last_notice_at = now_;
    change_.steps.back().after = incident();
    change_.steps.back().notice = NoticeDraft{.reason = reason, .targets = std::move(targets)};
}

void Draft::resolve(std::string reason, std::string note, std::string by) {
    incident().state = IncidentState::resolved;
    incident().resolved_at = now_;
    incident().resolve_reason = std::move(reason);
    known().seen_by.clear();
    step(EventKind::resolved, std::move(note), std::move(by));
    tell(NoticeReason::resolved, incident().told);
}

}  // namespace meshwarden::incidents

#include "rules/episode.hpp"

namespace meshwarden::rules {

void Episode::advance(Time to, const Timing& timing) {
    if (pending_since_ && *pending_since_ + timing.hold <= to) {
        last_crossed_at_ = *pending_since_ + timing.hold;
        if (!crossed_at_) crossed_at_ = last_crossed_at_;
        calm_since_crossing_ = false;
        pending_since_.reset();
    }
    if (firing() && calm_since_ && *calm_since_ + timing.keep <= to) ended_at_ = *calm_since_ + timing.keep;
}

void Episode::step(Time at, bool over, bool calm, const Timing& timing) {
    advance(at, timing);
    if (ended_at_) return;
    if (firing()) {
        if (!calm)
            calm_since_.reset();
        else if (!calm_since_)
            calm_since_ = at;
        calm_since_crossing_ = calm_since_crossing_ || calm;
    }
    const bool may_cross = !firing() || calm_since_crossing_;
    if (!over)
        pending_since_.reset();
    else if (may_cross && !pending_since_)
        pending_since_ = at;
    advance(at, timing);
}

void Episode::clear_ended() {
    if (!ended_at_) return;
    *this = Episode();
}

}  // namespace meshwarden::rules

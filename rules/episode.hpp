// When a value fires: `for`, `keep_firing_for` and the clear threshold over a value that changes in steps. Pure; time
// only moves forward.
#pragma once

#include <optional>

#include "model/time.hpp"

namespace meshwarden::rules {

struct Timing {
    Duration hold{0};  // over the threshold for this long before it fires
    Duration keep{0};  // calm for this long before it ends
};

class Episode {
public:
    Episode() = default;
    // One that fires since then, and was calm in between.
    Episode(Time crossed_at, std::optional<Time> calm_since, bool was_calm)
        : crossed_at_(crossed_at),
          last_crossed_at_(crossed_at),
          calm_since_crossing_(was_calm),
          calm_since_(calm_since) {}

    // The value from `at` on. Call in rising order of `at`; equal times are one step, the last counts.
    void step(Time at, bool over, bool calm, const Timing& timing);

    bool firing() const { return crossed_at_.has_value() && !ended_at_; }
    bool pending() const { return pending_since_.has_value(); }
    std::optional<Time> crossed_at() const { return crossed_at_; }
    // When it began to fire, or after it had been calm was over the threshold again for as long.
    std::optional<Time> last_crossed_at() const { return last_crossed_at_; }
    std::optional<Time> pending_since() const { return pending_since_; }
    std::optional<Time> calm_since() const { return calm_since_; }
    bool was_calm() const { return calm_since_crossing_; }  // since it crossed last
    std::optional<Time> ended_at() const { return ended_at_; }

    // Forgets an ended episode, so that the next may begin.
    void clear_ended();

private:
    void advance(Time to, const Timing& timing);

    std::optional<Time> pending_since_;
    std::optional<Time> crossed_at_;
    std::optional<Time> last_crossed_at_;
    bool calm_since_crossing_ = false;
    std::optional<Time> calm_since_;
    std::optional<Time> ended_at_;
};

}  // namespace meshwarden::rules

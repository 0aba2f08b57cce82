#include "incidents/sighting.hpp"

#include <algorithm>
#include <utility>

namespace meshwarden::incidents {
namespace {

constexpr Duration soon = std::chrono::minutes(5);              // blind again after less is a relapse
constexpr Duration first_steadiness = std::chrono::minutes(1);  // after the first relapse
constexpr int most_doublings = 6;

Duration steadiness_after(int relapses) {
    return relapses == 0 ? Duration{0} : first_steadiness * (1 << std::min(relapses - 1, most_doublings));
}

}  // namespace

void lose_sight(Draft& draft, const std::string& cause, Time now) {
    auto& sighting = draft.known().sighting;
    if (sighting.judged_since) draft.noted();
    sighting.judged_since.reset();
    if (std::exchange(draft.incident().blind, true)) return;
    const bool relapse = sighting.regained_at && now - *sighting.regained_at < soon;
    sighting.relapses = relapse ? sighting.relapses + 1 : 0;
    draft.step(EventKind::blinded, cause);
}

void regain_sight(Draft& draft, Time now) {
    auto& sighting = draft.known().sighting;
    if (!sighting.judged_since) draft.noted();
    const Time since = sighting.judged_since.value_or(now);
    sighting.judged_since = since;
    if (now - since >= steadiness_after(sighting.relapses)) see_again(draft, now);
}

void see_again(Draft& draft, Time now) {
    auto& sighting = draft.known().sighting;
    sighting.judged_since.reset();
    sighting.regained_at = now;
    draft.incident().blind = false;
    draft.step(EventKind::sighted, "");
}

}  // namespace meshwarden::incidents

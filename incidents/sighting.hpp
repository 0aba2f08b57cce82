// Whether an incident can be seen, without an event at every tick where its rule is judged now and blind then: it is
// blind at once, and seen again at once after a first blindness, but after relapses only when it was judged steadily
// for a while, which every further relapse doubles. Pure.
#pragma once

#include <string>

#include "incidents/change.hpp"

namespace meshwarden::incidents {

void lose_sight(Draft& draft, const std::string& cause, Time now);
void regain_sight(Draft& draft, Time now);  // of one that is called blind and was judged at this tick
void see_again(Draft& draft, Time now);     // of the same, however steady

}  // namespace meshwarden::incidents

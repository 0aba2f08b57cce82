// A tick with a great many findings is settled in several transactions, so that the first page does not wait for ten
// thousand others and nobody waits long for the write lock. Only the last part moves the cursor: after a kill in
// between the rest is found again.
#pragma once

#include <vector>

#include "incidents/store.hpp"

namespace meshwarden::incidents {

// In the order in which they must be committed, the gravest findings first; a small tick is its own only part.
std::vector<Tick> parts_of(Tick tick);

}  // namespace meshwarden::incidents

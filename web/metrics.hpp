// The page at /metrics: the registry's families and those that the Store knows best, taken anew at every scrape.
#pragma once

#include <string>

#include "web/dependencies.hpp"

namespace meshwarden::web {

// Text exposition format. What the Store (null: none) cannot answer at the moment is left out, never shown as zero.
std::string exposition(incidents::Store* store, const Dependencies& dependencies);

}  // namespace meshwarden::web

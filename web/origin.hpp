// By which name, and from which page, a browser may reach us. Pure; any thread.
#pragma once

#include <string_view>

#include "web/http.hpp"
#include "web/options.hpp"

namespace meshwarden::web {

// Whether the Host header is an IP address, a name without a dot, or the host of external_url, with any port. Of any
// other name we cannot know that it is ours: a page may let its own name point to us (DNS rebinding), and its requests
// are then those of a page of ours; but no page of the internet has a name without a dot. No Host header: no browser.
bool names_us(const Request& request, const Options& options);

// A page of another site must not make a browser that can reach us change something.
bool is_foreign(const Request& request, const Options& options);

}  // namespace meshwarden::web

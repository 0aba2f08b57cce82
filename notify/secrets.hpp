// What tells an endpoint's callers from anybody else, in every form in which an answer may repeat it.
#pragma once

#include <string>
#include <vector>

#include "io/http_client.hpp"

namespace meshwarden::notify {

// The URL, its path and the longer parts of it, user and password plain and as basic authentication sends them, the
// bearer token, the values of headers; the longest first, as redact() needs them. Reads the endpoint's secret files; one
// that cannot be read has nothing to hide, since sending fails with it. Thread-safe.
std::vector<std::string> secrets_of(const io::Endpoint& endpoint);

}  // namespace meshwarden::notify

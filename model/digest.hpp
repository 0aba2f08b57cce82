// SHA-256, the product's only hash for identities and for the event chain.
#pragma once

#include <string>
#include <string_view>

namespace meshwarden {

std::string sha256_hex(std::string_view bytes);  // 64 lower-case hex digits

}  // namespace meshwarden

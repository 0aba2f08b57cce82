#include "incidents/identity.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/digest.hpp"

namespace meshwarden::incidents {

std::string fingerprint_of(std::string_view subject_key, int episode) {
    return sha256_hex(fmt::format("{}\n{}", subject_key, episode));
}

std::string id_of(Time opened_at, std::string_view fingerprint) {
    const auto since_epoch = std::max<std::int64_t>(opened_at.time_since_epoch().count(), 0);
    return fmt::format("{:012x}{}", since_epoch, fingerprint.substr(0, 12));
}

}  // namespace meshwarden::incidents

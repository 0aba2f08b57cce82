// ETag, If-Match and If-None-Match of an incident. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace meshwarden::web {

// "VERSION-DIGEST": the version alone does not change with a delivery, which the answer tells too.
std::string incident_tag(std::int64_t version, std::string_view body);

// Whether a list of tags (If-None-Match) holds this one; `*` holds every one.
bool lists_tag(std::string_view header, std::string_view tag);

// Whether If-Match lets a change of this version pass: an ETag of it, or the version itself, quoted or not.
bool lists_version(std::string_view header, std::int64_t version);

}  // namespace meshwarden::web

#include "web/preconditions.hpp"

#include <fmt/format.h>

#include "model/digest.hpp"

namespace meshwarden::web {
namespace {

// Calls `use` with every entry of a list of tags until it says true.
template <class Use>
bool any_of_list(std::string_view list, Use use) {
    while (!list.empty()) {
        const auto end = list.find(',');
        auto entry = list.substr(0, end);
        const auto first = entry.find_first_not_of(" \t");
        const auto last = entry.find_last_not_of(" \t");
        entry = first == entry.npos ? std::string_view{} : entry.substr(first, last + 1 - first);
        if (entry == "*" || use(entry)) return true;
        list = end == list.npos ? std::string_view{} : list.substr(end + 1);
    }
    return false;
}

}  // namespace

std::string incident_tag(std::int64_t version, std::string_view body) {
    return fmt::format("\"{}-{}\"", version, sha256_hex(body).substr(0, 16));
}

bool lists_tag(std::string_view header, std::string_view tag) {
    return any_of_list(header, [&](std::string_view entry) {
        if (entry.starts_with("W/")) entry.remove_prefix(2);
        return entry == tag;
    });
}

bool lists_version(std::string_view header, std::int64_t version) {
    const auto wanted = std::to_string(version);
    return any_of_list(header, [&](std::string_view entry) {
        if (entry.size() > 2 && entry.starts_with('"') && entry.ends_with('"'))
            entry = entry.substr(1, entry.size() - 2);
        return entry.substr(0, entry.find('-')) == wanted;
    });
}

}  // namespace meshwarden::web

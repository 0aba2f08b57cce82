#include "web/links.hpp"

#include <fmt/format.h>

namespace meshwarden::web {
namespace {

bool stands_for_itself(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '~';
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(' ');
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string expand_link(std::string_view link_template, const Labels& labels) {
    std::string link;
    while (!link_template.empty()) {
        const auto open = link_template.find("{{");
        const auto close = open == link_template.npos ? open : link_template.find("}}", open);
        link += link_template.substr(0, close == link_template.npos ? close : open);
        if (close == link_template.npos) break;
        for (const char c : labels.get(trimmed(link_template.substr(open + 2, close - open - 2)))) {
            if (stands_for_itself(c))
                link += c;
            else
                link += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
        link_template.remove_prefix(close + 2);
    }
    return link;
}

}  // namespace meshwarden::web

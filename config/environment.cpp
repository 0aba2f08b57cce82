#include <cstdlib>

#include <fmt/format.h>

#include "config/document.hpp"
#include "config/plain_text.hpp"

namespace meshwarden::config {

namespace {

bool name_character(char c, bool first) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

// The NAME of a ${NAME} that text begins with; "" where it does not.
std::string_view variable_name(std::string_view text) {
    if (!text.starts_with("${")) {
        return {};
    }
    std::size_t end = 2;
    while (end < text.size() && name_character(text[end], end == 2)) {
        ++end;
    }
    return end > 2 && end < text.size() && text[end] == '}' ? text.substr(2, end - 2) : std::string_view{};
}

void substitute(Node& node, const std::string& file, const std::string& path, std::vector<Problem>& problems) {
    for (std::size_t i = 0; i < node.values.size(); ++i) {
        substitute(node.values[i], file, child_path(node, path, i), problems);
    }
    std::string result;
    for (std::size_t i = 0; i < node.text.size();) {
        const auto rest = std::string_view(node.text).substr(i);
        const auto name = std::string(variable_name(rest));
        if (const auto kept = variable_name(rest.substr(1)); rest[0] == '$' && !kept.empty()) {
            result += rest.substr(1, kept.size() + 3);
            i += kept.size() + 4;
        } else if (name.empty()) {
            result += node.text[i++];
        } else {
            const char* value = std::getenv(name.c_str());
            const bool good = value != nullptr && !check_plain_text(value);
            if (!good) {
                const auto what = value == nullptr ? "is not set" : "is not UTF-8 text";
                problems.push_back({.file = file, .line = node.line, .path = path,
                                    .message = fmt::format("environment variable {} {}", name, what)});
            }
            result += good ? value : "";
            i += name.size() + 3;
        }
    }
    node.text = std::move(result);
}

}  // namespace

std::vector<Problem> substitute_environment(Node& root, const std::string& file) {
    std::vector<Problem> problems;
    substitute(root, file, "", problems);
    return problems;
}

}  // namespace meshwarden::config

#include "config/written.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

constexpr std::size_t most_lines = 100;

// URLs may carry a token, headers too.
bool may_be_secret(const std::string& path) {
    return std::ranges::any_of(std::vector<std::string>{"prometheus", "targets", "web", "links", "heartbeat"},
                               [&](const std::string& part) { return path.starts_with(part); });
}

const Node* name_of(const Node& node) {
    const auto found = std::ranges::find(node.keys, "name", &Node::Key::text);
    if (node.kind != Node::Kind::map || found == node.keys.end()) {
        return nullptr;
    }
    const auto& value = node.values[static_cast<std::size_t>(found - node.keys.begin())];
    return value.kind == Node::Kind::scalar ? &value : nullptr;
}

std::string path_of(const Node& node, const std::string& path, std::size_t index) {
    const auto* name = node.kind == Node::Kind::list ? name_of(node.values[index]) : nullptr;
    if (name == nullptr) {
        return child_path(node, path, index);
    }
    const bool plain = name->shown.size() <= 60 && std::ranges::all_of(name->shown, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    });
    return fmt::format("{}[{}]", path, plain ? name->shown : in_quotes(name->shown));
}

// Every beginning of the path that is a path itself, the shortest first.
std::vector<std::string> beginnings(const std::string& path) {
    std::vector<std::string> all;
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (path[i] == '.' || path[i] == '[') {
            all.push_back(path.substr(0, i));
        }
    }
    all.push_back(path);
    return all;
}

bool stands_in(const std::string& path, const Written& written) {
    const auto at = written.lower_bound(path);
    if (at == written.end() || !at->first.starts_with(path)) {
        return false;
    }
    const auto has = [&](char next) {
        const auto below = written.lower_bound(path + next);
        return below != written.end() && below->first.starts_with(path + next);
    };
    return at->first == path || has('.') || has('[');
}

// The largest whole that `path` belongs to and the other reading lacks.
std::string missing_whole(const std::string& path, const Written& other) {
    for (const auto& part : beginnings(path)) {
        if (!stands_in(part, other)) {
            return part;
        }
    }
    return path;
}

}  // namespace

void write_down(const Node& node, const std::string& place, Written& written) {
    if (node.kind == Node::Kind::scalar) {
        written[place] = node.shown;
    }
    for (std::size_t i = 0; i < node.values.size(); ++i) {
        write_down(node.values[i], path_of(node, place, i), written);
    }
}

std::vector<std::string> changes_between(const Written& before, const Written& after) {
    std::set<std::string> lines;
    for (const auto& [path, value] : before) {
        if (!after.contains(path)) {
            lines.insert(missing_whole(path, after) + " removed");
        }
    }
    for (const auto& [path, value] : after) {
        const auto old = before.find(path);
        if (old == before.end()) {
            lines.insert(missing_whole(path, before) + " added");
        } else if (old->second != value) {
            lines.insert(may_be_secret(path)
                             ? path + " changed"
                             : fmt::format("{}: {} -> {}", path, in_quotes(old->second), in_quotes(value)));
        }
    }
    std::vector<std::string> all(lines.begin(), lines.end());
    if (all.size() > most_lines) {
        const auto more = all.size() - most_lines;
        all.resize(most_lines);
        all.push_back(fmt::format("{} more changes", more));
    }
    return all;
}

}  // namespace meshwarden::config

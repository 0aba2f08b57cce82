#include "config/keys.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

std::string shown(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null: return "empty";
        case Node::Kind::scalar: return in_quotes(node.shown);
        case Node::Kind::list: return "a list";
        case Node::Kind::map: return "a map";
    }
    return {};
}

// targets[0].slack -> targets[0] -> targets -> ""
std::string parent_path(const std::string& path) {
    const auto end = path.find_last_of(".[");
    return end == std::string::npos ? "" : path.substr(0, end);
}

}  // namespace

void Reader::complain(int line, const std::string& path, std::string message) {
    problems_.push_back({.file = file_, .line = line, .path = path, .message = std::move(message)});
}

void Reader::complain(const std::string& path, std::string message) { complain(line(path), path, std::move(message)); }

int Reader::line(const std::string& path) const {
    auto place = path;
    while (!place.empty() && !lines_.contains(place)) {
        place = parent_path(place);
    }
    const auto found = lines_.find(place);
    return found == lines_.end() ? 1 : found->second;
}

std::string Reader::resolved(const std::string& path) const {
    if (path.empty() || std::filesystem::path(path).is_absolute()) {
        return path;
    }
    return (std::filesystem::path(file_).parent_path() / path).string();
}

void Value::expected(const std::string& what) const {
    complain(fmt::format("is {}, expected {}", shown(node), what));
}

Value Value::child(std::size_t index) const {
    Value result{node.values[index], child_path(node, path, index), reader};
    reader.saw(result.path, node.kind == Node::Kind::map ? node.keys[index].line : result.node.line);
    return result;
}

std::map<std::string, Value> known_values(const Value& map, const std::vector<std::string>& known) {
    std::map<std::string, Value> result;
    if (map.node.kind != Node::Kind::map) {
        if (map.node.kind != Node::Kind::null) {
            map.expected("a map with the keys " + joined(known));
        }
        return result;
    }
    std::map<std::string, int> lines;
    for (std::size_t i = 0; i < map.node.keys.size(); ++i) {
        const auto& [name, line] = map.node.keys[i];
        const auto path = child_path(map.node, map.path, i);
        if (const auto [first, inserted] = lines.emplace(name, line); !inserted) {
            map.reader.complain(line, path, fmt::format("repeated key, stands already in line {}", first->second));
        } else if (std::ranges::find(known, name) == known.end()) {
            map.reader.complain(line, path, unknown("key", name, known));
        } else if (map.node.values[i].kind != Node::Kind::null) {
            result.emplace(name, map.child(i));
        }
    }
    return result;
}

void complain_missing(const Value& map, const std::string& name) {
    if (map.node.kind == Node::Kind::map || map.node.kind == Node::Kind::null) {
        map.reader.complain(map.node.line, (map.path.empty() ? "" : map.path + ".") + name, "missing, but required");
    }
}

}  // namespace meshwarden::config

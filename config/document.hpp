// A YAML document as a tree that remembers its lines and its repeated keys, both of which yaml-cpp's own tree loses.
// Bounded: size, line length, depth and the number of values (aliases counted as what they stand for). Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace meshwarden::config {

struct Node {
    enum class Kind { null, scalar, list, map };
    struct Key {
        std::string text;
        int line = 0;
    };

    Kind kind = Kind::null;
    int line = 0;               // 1-based; of an alias its own
    std::string text{};         // of a scalar
    std::string shown{};        // of a scalar, for messages: as written, a variable not replaced by its value
    std::vector<Key> keys{};    // of a map, as written: in order, repeated ones too
    std::vector<Node> values{};  // of a list; of a map, beside `keys`
};

struct Limits {
    static constexpr std::size_t bytes = 1u << 20;
    static constexpr std::size_t line_bytes = 64u << 10;
    static constexpr std::size_t nodes = 100'000;
    static constexpr std::size_t depth = 32;
};

// An empty text is an empty map. `file` is only for the problem.
std::expected<Node, Problem> parse_document(std::string_view text, const std::string& file);

// The path of the value at `index` of a list or map: targets[0], slack.webhook_url_file.
std::string child_path(const Node& node, const std::string& path, std::size_t index);

// Replaces ${NAME} in every scalar value ($${NAME} stays as ${NAME}); one problem for each variable that is not set.
std::vector<Problem> substitute_environment(Node& root, const std::string& file);

}  // namespace meshwarden::config

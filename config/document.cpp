#include "config/document.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "config/plain_text.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

std::size_t count(const Node& node) {
    std::size_t sum = 1;
    for (const auto& value : node.values) {
        sum += count(value);
    }
    return sum;
}

// Builds the tree from yaml-cpp's events. Throws Refused, through the parser, where a bound is passed.
class Builder : public YAML::EventHandler {
public:
    Node take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark&) override {}
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        add(Node{.line = line(mark)}, anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, const std::string& text) override {
        add(Node{.kind = Node::Kind::scalar, .line = line(mark), .text = text, .shown = text}, anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) {
            throw Refused{line(mark), "an alias stands inside what it names"};
        }
        nodes_ += count(found->second);
        auto node = found->second;
        node.line = line(mark);
        add(std::move(node), YAML::NullAnchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node{.kind = Node::Kind::list, .line = line(mark)}, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node{.kind = Node::Kind::map, .line = line(mark)}, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        Node node;
        YAML::anchor_t anchor;
    };

    static int line(const YAML::Mark& mark) { return mark.line + 1; }

    void open(Node node, YAML::anchor_t anchor) {
        if (open_.size() >= Limits::depth) {
            throw Refused{node.line, fmt::format("nested more than {} deep", Limits::depth)};
        }
        open_.push_back({std::move(node), anchor});
    }

    void close() {
        auto [node, anchor] = std::move(open_.back());
        open_.pop_back();
        if (node.kind == Node::Kind::map) {
            merge(node);
        }
        add(std::move(node), anchor);
    }

    // `<<: *other` gives the keys of the other map that this one does not have itself.
    static void merge(Node& map) {
        const auto found = std::ranges::find(map.keys, "<<", &Node::Key::text);
        if (found == map.keys.end()) {
            return;
        }
        const auto index = found - map.keys.begin();
        const Node other = std::move(map.values[static_cast<std::size_t>(index)]);
        if (other.kind != Node::Kind::map) {
            throw Refused{found->line, "<< expects the alias of a map"};
        }
        map.keys.erase(found);
        map.values.erase(map.values.begin() + index);
        for (std::size_t i = 0; i < other.keys.size(); ++i) {
            if (std::ranges::find(map.keys, other.keys[i].text, &Node::Key::text) == map.keys.end()) {
                map.keys.push_back(other.keys[i]);
                map.values.push_back(other.values[i]);
            }
        }
    }

    void add(Node node, YAML::anchor_t anchor) {
        if (++nodes_ > Limits::nodes) {
            throw Refused{node.line, fmt::format("more than {} values, aliases counted in full", Limits::nodes)};
        }
        if (anchor != YAML::NullAnchor) {
            nodes_ += count(node);
            anchors_[anchor] = node;
        }
        if (open_.empty()) {
            root_ = std::move(node);
        } else {
            put(open_.back().node, std::move(node));
        }
    }

    static void put(Node& parent, Node child) {
        const bool is_key = parent.kind == Node::Kind::map && parent.keys.size() == parent.values.size();
        if (!is_key) {
            parent.values.push_back(std::move(child));
        } else if (child.kind == Node::Kind::scalar) {
            parent.keys.push_back({std::move(child.text), child.line});
        } else {
            throw Refused{child.line, "a key must be a word"};
        }
    }

    Node root_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::size_t nodes_ = 0;
};

// yaml-cpp's words for a tab are about something else; its line is the tab's or the one after.
std::string tab_hint(std::string_view text, int error_line) {
    std::istringstream lines{std::string(text)};
    std::string content;
    for (int line = 1; std::getline(lines, content) && line <= error_line; ++line) {
        const auto indent = std::string_view(content).substr(0, content.find_first_not_of(" \t"));
        if (line + 1 >= error_line && indent.find('\t') != std::string_view::npos) {
            return fmt::format(" (line {} is indented with a tab, expected spaces)", line);
        }
    }
    return {};
}

Problem problem(const std::string& file, const Refused& refused) {
    return {.file = file, .line = refused.line, .message = refused.message};
}

}  // namespace

std::expected<Node, Problem> parse_document(std::string_view text, const std::string& file) {
    if (const auto refused = check_plain_text(text)) {
        return std::unexpected(problem(file, *refused));
    }
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Builder builder;
        Builder second;
        const bool some = parser.HandleNextDocument(builder);
        if (some && parser.HandleNextDocument(second)) {
            return std::unexpected(problem(file, {second.take().line, "a second document, expected one"}));
        }
        auto root = builder.take();
        if (root.kind == Node::Kind::null) {
            return Node{.kind = Node::Kind::map, .line = 1};
        }
        if (root.kind != Node::Kind::map) {
            return std::unexpected(problem(file, {root.line, "expected a map of keys"}));
        }
        return root;
    } catch (const Refused& refused) {
        return std::unexpected(problem(file, refused));
    } catch (const YAML::Exception& error) {
        const int line = error.mark.line + 1;
        return std::unexpected(problem(file, {line, "not YAML: " + error.msg + tab_hint(text, line)}));
    }
}

std::string child_path(const Node& node, const std::string& path, std::size_t index) {
    if (node.kind == Node::Kind::list) {
        return fmt::format("{}[{}]", path, index);
    }
    const auto& key = node.keys[index].text;
    const bool plain = !key.empty() && key.size() <= 60 && std::ranges::all_of(key, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
    });
    return (path.empty() ? "" : path + ".") + (plain ? key : in_quotes(key));
}

}  // namespace meshwarden::config

// Codecs of lists, maps and choices; those of single values are in codecs.cpp.
#include <algorithm>

#include <fmt/format.h>

#include "config/codecs.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

std::string written_list(const std::vector<std::string>& items) {
    std::vector<std::string> written;
    std::ranges::transform(items, std::back_inserter(written), scalar_yaml);
    return fmt::format("[{}]", fmt::join(written, ", "));
}

}  // namespace

Codec<std::vector<std::string>> words(const Codec<std::string>& each, bool one_alone) {
    const std::string type = one_alone ? "text, or list of texts" : "list of texts";
    auto read = [=](const Value& value, std::vector<std::string>& target) {
        if (one_alone && value.node.kind == Node::Kind::scalar) {
            target.resize(1);
            return each.read(value, target[0]);
        }
        if (value.node.kind != Node::Kind::list) {
            return value.expected("a list, such as [a, b]");
        }
        target.assign(value.node.values.size(), "");
        for (std::size_t i = 0; i < target.size(); ++i) {
            each.read(value.child(i), target[i]);
        }
    };
    return {type, read, written_list, nullptr};
}

Codec<std::map<std::string, double>> number_map(const std::vector<std::string>& names, double least) {
    auto read = [=](const Value& value, std::map<std::string, double>& target) {
        for (const auto& [name, entry] : known_values(value, names)) {
            number(least).read(entry, target[name]);
        }
    };
    auto write = [=](const std::map<std::string, double>& given) {
        std::vector<std::string> entries;
        for (const auto& name : names) {
            if (const auto found = given.find(name); found != given.end()) {
                entries.push_back(fmt::format("{}: {}", name, found->second));
            }
        }
        return fmt::format("{{{}}}", fmt::join(entries, ", "));
    };
    return {"map of " + joined(names) + " to a number", read, write, nullptr};
}

Codec<std::vector<std::pair<std::string, std::string>>> text_map() {
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    auto read = [](const Value& value, Pairs& target) {
        if (value.node.kind != Node::Kind::map) {
            return value.expected("a map of texts");
        }
        std::vector<std::string> names;
        for (const auto& key : value.node.keys) {
            names.push_back(key.text);
        }
        target.clear();
        for (const auto& [name, entry] : known_values(value, names)) {
            target.emplace_back(name, "");
            text().read(entry, target.back().second);
            if (name.find_first_of(": \n") != std::string::npos || entry.node.text.find('\n') != std::string::npos) {
                entry.expected("a name of letters and a text of one line");
            }
        }
    };
    return {"map of texts", read, [](const Pairs&) { return "{}"; }, nullptr};
}

void read_matchers(const Value& value, MatcherList target) {
    if (value.node.kind != Node::Kind::list) {
        return value.expected("a list of matchers, such as ['severity=~\"high|critical\"']");
    }
    target.text->clear();
    target.parsed->clear();
    for (std::size_t i = 0; i < value.node.values.size(); ++i) {
        const auto entry = value.child(i);
        const auto matcher = Matcher::parse(entry.node.text);
        target.text->push_back(entry.node.text);
        if (entry.node.kind != Node::Kind::scalar || entry.node.text.size() > 4096 || !matcher) {
            entry.expected("a matcher, such as severity=~\"high|critical\"");
            continue;
        }
        target.parsed->push_back(*matcher);
    }
}

std::optional<std::size_t> read_choice(const Value& value, const std::vector<std::string>& names) {
    const auto found = std::ranges::find(names, value.node.text);
    if (value.node.kind == Node::Kind::scalar && found != names.end()) {
        return static_cast<std::size_t>(found - names.begin());
    }
    const auto near = nearest(value.node.text, names);
    value.expected(near.empty() ? "one of " + joined(names) : near + " or another of " + joined(names));
    return std::nullopt;
}

}  // namespace meshwarden::config

#include "config/library.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "config/embedded.hpp"
#include "config/references.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

constexpr std::size_t most_problems = 100;  // of a file; who wrote more reads no more

template <class T>
void replace_or_add(std::vector<T>& items, T item, bool (*same)(const T&, const T&)) {
    const auto found = std::ranges::find_if(items, [&](const T& other) { return same(other, item); });
    if (found == items.end()) {
        items.push_back(std::move(item));
    } else {
        *found = std::move(item);
    }
}

// Every key of a rule may be changed but the one that says which rule it is, and none must stand there.
const Keys<RuleSpec>& changeable_keys() {
    static const Keys<RuleSpec> keys = [] {
        auto some = rule_keys();
        std::erase_if(some, [](const auto& key) { return key.name == "name"; });
        for (auto& key : some) {
            key.required = false;
        }
        return some;
    }();
    return keys;
}

}  // namespace

std::expected<std::string, Problem> read_text(const std::string& file) {
    std::error_code error;
    const bool directory = std::filesystem::is_directory(file, error);
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream || directory) {
        const auto why = directory ? "it is a directory" : std::generic_category().message(errno == 0 ? EIO : errno);
        return std::unexpected(Problem{.file = file, .message = "cannot be opened: " + why, .unreadable = true});
    }
    std::string text(Limits::bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

Library::Library(bool strict) : strict_(strict) {
    for (const bool signals : {true, false}) {
        for (const auto& [name, content] : embedded_files()) {
            if (name.starts_with("signals/") != signals) {
                continue;
            }
            auto& place = reader(fmt::format("shipped {}", name));
            if (const auto document = parse_document(content, place.file()); !document) {
                place.problems().push_back(document.error());
            } else {
                signals ? add_signals(*document, place) : add_rules(*document, place);
            }
        }
    }
    shipping_ = false;
}

Reader& Library::reader(const std::string& file) { return readers_.emplace_back(file); }

bool Library::claim(std::map<std::string, Place>& names, const std::string& name, Reader& reader,
                    const std::string& path) {
    if (name.empty()) {
        return false;
    }
    const Place place{fmt::format("{}:{}", reader.file(), reader.line(path)), shipping_};
    const auto [first, inserted] = names.emplace(name, place);
    if (inserted || (first->second.shipped && !strict_ && !shipping_)) {
        first->second = place;
        return true;
    }
    reader.complain(path, fmt::format("the name {} is taken by {}", in_quotes(name), first->second.text));
    return false;
}

void Library::add_signals(const Node& document, Reader& reader) {
    SignalFile file;
    read_map(signal_file_keys(), Value{document, "", reader}, file);
    for (std::size_t i = 0; i < file.signals.size(); ++i) {
        if (claim(signal_names_, file.signals[i].name, reader, fmt::format("signals[{}].name", i))) {
            replace_or_add<SignalSpec>(signals_, file.signals[i],
                                       [](const auto& a, const auto& b) { return a.name == b.name; });
        }
    }
}

void Library::add_rules(const Node& document, Reader& reader) {
    RuleFile file;
    read_map(rule_file_keys(), Value{document, "", reader}, file);
    for (std::size_t i = 0; i < file.groups.size(); ++i) {
        for (std::size_t j = 0; j < file.groups[i].rules.size(); ++j) {
            auto& rule = file.groups[i].rules[j];
            rule.group = file.groups[i].name;
            const auto path = fmt::format("groups[{}].rules[{}]", i, j);
            if (claim(rule_names_, rule.name, reader, path + ".name")) {
                replace_or_add<Rule>(rules_, {rule, &reader, path},
                                     [](const auto& a, const auto& b) { return a.spec.name == b.spec.name; });
            }
        }
    }
}

void Library::check_rules() {
    for (const auto& rule : rules_) {
        check_rule(rule.spec, signals_, *rule.reader, rule.path);
    }
}

void Library::override_rule(const std::string& name, const Value& keys) {
    const auto found = std::ranges::find_if(rules_, [&](const Rule& rule) { return rule.spec.name == name; });
    if (found == rules_.end()) {
        return keys.complain(unknown("rule", name, names_of(rules())));
    }
    if (keys.node.kind != Node::Kind::map) {
        return keys.expected("a map of keys of the rule, such as {threshold: 20}");
    }
    const auto before = keys.reader.problems().size();
    read_map(changeable_keys(), keys, found->spec);
    if (keys.reader.problems().size() == before) {
        check_rule(found->spec, signals_, keys.reader, keys.path);
    }
}

std::vector<Problem> Library::problems() {
    std::vector<Problem> all;
    for (auto& reader : readers_) {
        auto& found = reader.problems();
        std::ranges::stable_sort(found, {}, &Problem::line);
        if (found.size() > most_problems) {
            const auto more = found.size() - most_problems;
            found.resize(most_problems);
            found.push_back({.file = reader.file(), .message = fmt::format("{} more problems", more)});
        }
        all.insert(all.end(), found.begin(), found.end());
    }
    return all;
}

std::vector<SignalSpec> Library::signals() const {
    const auto idle = [&](const SignalSpec& signal) {
        const auto names_it = [&](const Rule& rule) {
            const auto& spec = rule.spec;
            return spec.signal == signal.name || spec.unexplained_by == signal.name ||
                   spec.corroborated_by == signal.name;
        };
        const auto needs_it = [&](const Rule& rule) { return rule.spec.enabled && names_it(rule); };
        return !signal.edges && std::ranges::any_of(rules_, names_it) && std::ranges::none_of(rules_, needs_it);
    };
    auto used = signals_;
    std::erase_if(used, idle);
    return used;
}

std::vector<RuleSpec> Library::rules() const {
    std::vector<RuleSpec> specs;
    std::ranges::transform(rules_, std::back_inserter(specs), &Rule::spec);
    return specs;
}

std::vector<RuleSpec> Library::rules_of(const std::vector<std::string>& files) const {
    std::vector<RuleSpec> specs;
    for (const auto& rule : rules_) {
        if (std::ranges::find(files, rule.reader->file()) != files.end()) {
            specs.push_back(rule.spec);
        }
    }
    return specs;
}

}  // namespace meshwarden::config

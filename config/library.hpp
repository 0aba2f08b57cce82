// The signals and rules at hand: the shipped ones, then those of further files. Collects, then checks.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/draft.hpp"

namespace meshwarden::config {

// The text of a file, bounded; a problem where it cannot be opened.
std::expected<std::string, Problem> read_text(const std::string& file);

class Library {
public:
    // With the shipped files. `strict`: a name that a shipped file has already is a problem, else the later counts.
    explicit Library(bool strict);

    void add_signals(const Node& document, Reader& reader);
    void add_rules(const Node& document, Reader& reader);
    // After the last file: rules against signals. Rules are checked once.
    void check_rules();
    // The keys of a rule that the configuration changes.
    void override_rule(const std::string& name, const Value& keys);

    // A reader that lives as long as the library.
    Reader& reader(const std::string& file);
    std::vector<Problem> problems();  // by file, in the order of the lines

    // Those of edges, and those that some rule needs that is not off, or that no rule names.
    std::vector<SignalSpec> signals() const;
    std::vector<RuleSpec> rules() const;
    std::vector<RuleSpec> rules_of(const std::vector<std::string>& files) const;

private:
    struct Rule {
        RuleSpec spec;
        Reader* reader;
        std::string path;
    };
    struct Place {
        std::string text;  // file:line
        bool shipped;
    };

    bool claim(std::map<std::string, Place>& names, const std::string& name, Reader& reader, const std::string& path);

    bool strict_;
    bool shipping_ = true;
    std::deque<Reader> readers_;
    std::vector<SignalSpec> signals_;
    std::vector<Rule> rules_;
    std::map<std::string, Place> signal_names_;
    std::map<std::string, Place> rule_names_;
};

}  // namespace meshwarden::config

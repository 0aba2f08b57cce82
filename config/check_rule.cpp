#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "config/references.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

// What the collector knows of itself: rules on it need no query.
const std::string own_sight = "coverage";
const std::vector<std::string> own_sight_labels = {"cluster", "prometheus"};
const std::vector<std::string> numbers = {"value", "threshold", "window"};

bool holds(const std::vector<std::string>& words, const std::string& word) {
    return std::ranges::find(words, word) != words.end();
}

// A rule, where it stands, and what its signal offers.
struct Check {
    const RuleSpec& rule;
    std::vector<std::string> labels;
    Reader& reader;
    std::string path;

    void complain(const std::string& below, std::string message) const {
        reader.complain(path + below, std::move(message));
    }
    void label(const std::string& below, const std::string& name) const {
        if (!holds(labels, name)) {
            complain(below, fmt::format("label {} is not carried by signal {}: {}", in_quotes(name), rule.signal,
                                        unknown("label", name, labels)));
        }
    }
    // Thresholds and texts belong to subjects, which have the labels of `by` only.
    void subject_label(const std::string& below, const std::string& name) const {
        if (!holds(labels, name)) {
            label(below, name);
        } else if (!holds(rule.by, name)) {
            complain(below, fmt::format("label {} is not among by, which makes the subjects: {}", in_quotes(name),
                                        unknown("label", name, rule.by)));
        }
    }
};

void check_labels(const Check& check) {
    for (std::size_t i = 0; i < check.rule.by.size(); ++i) {
        check.label(fmt::format(".by[{}]", i), check.rule.by[i]);
    }
    for (std::size_t i = 0; i < check.rule.exclude.size(); ++i) {
        check.label(fmt::format(".exclude[{}]", i), check.rule.exclude[i].name());
    }
    for (std::size_t i = 0; i < check.rule.overrides.size(); ++i) {
        const auto& matchers = check.rule.overrides[i].match;
        for (std::size_t j = 0; j < matchers.size(); ++j) {
            check.subject_label(fmt::format(".overrides[{}].match[{}]", i, j), matchers[j].name());
        }
    }
}

void check_numbers(const Check& check) {
    const auto& rule = check.rule;
    if (rule.clear && *rule.clear > rule.threshold) {
        check.complain(".clear", fmt::format("is {}, expected at most the threshold, {}", *rule.clear, rule.threshold));
    }
    for (std::size_t i = 0; rule.clear && i < rule.overrides.size(); ++i) {
        if (*rule.clear > rule.overrides[i].threshold) {
            check.complain(fmt::format(".overrides[{}].threshold", i),
                           fmt::format("is {}, expected at least clear, {}", rule.overrides[i].threshold, *rule.clear));
        }
    }
}

void check_templates(const Check& check) {
    auto known = check.rule.by;
    known.insert(known.end(), numbers.begin(), numbers.end());
    for (const auto& [below, text] : {std::pair(".summary", check.rule.summary), {".action", check.rule.action}}) {
        for (const auto& name : template_variables(text)) {
            if (holds(check.labels, name)) {
                check.subject_label(below, name);
            } else {
                check_variable(name, known, check.reader, check.path + below);
            }
        }
    }
}

void check_own_sight(const Check& check) {
    const auto refuse = [&](const std::string& below) {
        check.complain(below, "does not apply to a rule on coverage, which counts no series and has one subject");
    };
    if (!check.rule.overrides.empty()) {
        refuse(".overrides");
    }
    if (!check.rule.exclude.empty()) {
        refuse(".exclude");
    }
}

void check_other_signal(const Check& check, const std::string& below, const std::string& name,
                        const std::vector<std::string>& known) {
    if (!name.empty() && !holds(known, name)) {
        check.complain(below, fmt::format("{}: {}", in_quotes(name), unknown("signal", name, known)));
    }
}

}  // namespace

std::vector<std::string> names_of(const std::vector<SignalSpec>& signals) {
    std::vector<std::string> names;
    std::ranges::transform(signals, std::back_inserter(names), &SignalSpec::name);
    return names;
}

std::vector<std::string> names_of(const std::vector<RuleSpec>& rules) {
    std::vector<std::string> names;
    std::ranges::transform(rules, std::back_inserter(names), &RuleSpec::name);
    return names;
}

std::vector<std::string> carried_labels(const SignalSpec& signal) {
    std::set<std::string> labels = {"cluster", "pod"};
    for (const auto& part : signal.parts) {
        for (const auto& rule : part.labels) {
            labels.insert(rule.name);
        }
    }
    return {labels.begin(), labels.end()};
}

std::vector<std::string> template_variables(const std::string& text) {
    std::vector<std::string> names;
    for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{", open + 2)) {
        const auto close = text.find("}}", open);
        if (close == std::string::npos) {
            names.emplace_back("{{");
            break;
        }
        auto name = text.substr(open + 2, close - open - 2);
        name.erase(0, name.find_first_not_of(' '));
        name.erase(name.find_last_not_of(' ') + 1);
        names.push_back(name);
    }
    return names;
}

void check_variable(const std::string& name, const std::vector<std::string>& known, Reader& reader,
                    const std::string& path) {
    if (name == "{{") {
        reader.complain(path, "has a {{ that no }} closes");
    } else if (!holds(known, name)) {
        reader.complain(path, fmt::format("{}: {}", in_quotes(name), unknown("variable", name, known)));
    }
}

void check_rule(const RuleSpec& rule, const std::vector<SignalSpec>& signals, Reader& reader, const std::string& path) {
    Check check{rule, own_sight_labels, reader, path};
    const auto found = std::ranges::find(signals, rule.signal, &SignalSpec::name);
    auto known = names_of(signals);
    known.push_back(own_sight);
    if (found != signals.end()) {
        check.labels = carried_labels(*found);
    } else if (rule.signal != own_sight) {
        check_other_signal(check, ".signal", rule.signal, known);
        return check_numbers(check);
    }
    if (rule.signal == own_sight) {
        check_own_sight(check);
    }
    check_other_signal(check, ".unexplained_by", rule.unexplained_by, known);
    check_other_signal(check, ".corroborated_by", rule.corroborated_by, known);
    check_labels(check);
    check_numbers(check);
    check_templates(check);
}

}  // namespace meshwarden::config

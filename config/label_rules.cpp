// Where a label of ours comes from: the forms that a signal file may write.
#include <re2/re2.h>

#include <fmt/format.h>

#include "config/codecs.hpp"
#include "config/draft.hpp"
#include "config/wording.hpp"

namespace meshwarden::config {

namespace {

using Extraction = LabelSource::Extraction;

const std::vector<std::pair<std::string, Extraction>> extractions = {
    {"host", Extraction::host},
    {"namespace", Extraction::host_namespace},
    {"port", Extraction::port},
    {"workload", Extraction::workload},
};

const std::string source_forms = "a label of theirs, 'LABEL: EXTRACTION', {label: X, match: REGEX} or {constant: TEXT}";

bool is_label(const std::string& text) {
    return !text.empty() && text.size() <= 200 && text.find_first_not_of(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
}

void read_label_and_extraction(const Value& value, const std::string& label, const std::string& name,
                               LabelSource& source) {
    std::vector<std::string> names;
    for (const auto& [known, extraction] : extractions) {
        names.push_back(known);
        if (known == name) {
            source = {label, extraction, ""};
            return;
        }
    }
    value.complain(unknown("extraction " + in_quotes(name), name, names));
}

// 'cluster_name: host', or the name of a label alone.
void read_source_text(const Value& value, LabelSource& source) {
    const auto& text = value.node.text;
    const auto colon = text.find(": ");
    const auto label = text.substr(0, colon);
    if (!is_label(label)) {
        value.expected(source_forms);
    } else if (colon == std::string::npos) {
        source = {label, Extraction::none, ""};
    } else {
        read_label_and_extraction(value, label, text.substr(colon + 2), source);
    }
}

void read_source_map(const Value& value, LabelSource& source) {
    const auto& keys = value.node.keys;
    if (keys.size() == 1 && keys[0].text != "label" && keys[0].text != "match" && is_label(keys[0].text)) {
        return read_label_and_extraction(value, keys[0].text, value.node.values[0].text, source);
    }
    const Keys<LabelSource> match_keys = {
        required(key<LabelSource>("label", &LabelSource::label, label_name(), "A label of theirs, __name__ too.")),
        required(key<LabelSource>("match", &LabelSource::pattern, text(1000),
                                  "RE2, anchored; its first group is the value.")),
    };
    read_map(match_keys, value, source);
    source.extraction = Extraction::match;
    const RE2 expression(source.pattern, RE2::Quiet);
    if (!expression.ok()) {
        value.complain("match is no regular expression: " + in_quotes(expression.error()));
    } else if (!source.pattern.empty() && expression.NumberOfCapturingGroups() < 1) {
        value.complain("match has no group, expected one, such as (.*)");
    }
}

void read_source(const Value& value, LabelSource& source) {
    if (value.node.kind == Node::Kind::scalar) {
        read_source_text(value, source);
    } else if (value.node.kind == Node::Kind::map) {
        read_source_map(value, source);
    } else {
        value.expected(source_forms);
    }
}

bool is_constant(const Node& node) {
    return node.kind == Node::Kind::map && node.keys.size() == 1 && node.keys[0].text == "constant";
}

void read_label_rule(const Value& value, LabelRule& rule) {
    if (is_constant(value.node)) {
        word().read(value.child(0), rule.constant);
        return;
    }
    if (value.node.kind != Node::Kind::list) {
        rule.sources.resize(1);
        return read_source(value, rule.sources[0]);
    }
    rule.sources.resize(value.node.values.size());
    for (std::size_t i = 0; i < rule.sources.size(); ++i) {
        const auto entry = value.child(i);
        if (is_constant(entry.node)) {
            entry.complain("a constant stands alone, not in a list");
        } else {
            read_source(entry, rule.sources[i]);
        }
    }
}

}  // namespace

Codec<std::vector<LabelRule>> label_rules() {
    auto read = [](const Value& value, std::vector<LabelRule>& target) {
        if (value.node.kind != Node::Kind::map) {
            return value.expected("a map of our labels to theirs");
        }
        std::vector<std::string> names;
        for (const auto& key : value.node.keys) {
            names.push_back(key.text);
        }
        target.clear();
        for (const auto& [name, entry] : known_values(value, names)) {
            if (!is_label(name)) {
                entry.complain("is no label name, expected one such as source_workload");
                continue;
            }
            target.push_back({name, {}, ""});
            read_label_rule(entry, target.back());
        }
    };
    return {"map of our labels to theirs", read, [](const std::vector<LabelRule>&) { return "{}"; }, nullptr};
}

}  // namespace meshwarden::config

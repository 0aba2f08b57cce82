// The default file and the reference page, both made from the tables that read the files.
#include <fmt/format.h>

#include "config/config.hpp"
#include "config/draft.hpp"
#include "config/rule_tests.hpp"

namespace meshwarden::config {

namespace {

constexpr std::size_t comment_width = 100;

// The sentence in lines of bounded width, each behind the prefix.
std::string comment(const std::string& sentence, const std::string& prefix) {
    std::string result;
    std::string line;
    for (std::size_t start = 0; start <= sentence.size();) {
        const auto end = std::min(sentence.find(' ', start), sentence.size());
        const auto next = sentence.substr(start, end - start);
        if (!line.empty() && line.size() + next.size() > comment_width) {
            result += prefix + "# " + line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + next;
        start = end + 1;
    }
    return result + prefix + "# " + line + "\n";
}

std::string documented(const KeyDoc& doc) {
    if (!doc.keys.empty()) {
        return doc.sentence;
    }
    return fmt::format("{} ({}{})", doc.sentence, doc.required ? "required; " : "", doc.type);
}

std::string block(const std::vector<KeyDoc>& docs, const std::string& indent, bool top_level = false);

// A list of maps that is empty by default: the keys of its entries as a comment. `prometheus` has one entry.
std::string list_block(const KeyDoc& doc, const std::string& indent) {
    const bool given = doc.required;
    const std::string mark = given ? "" : "#";
    auto entry = block(doc.keys, "");
    std::string result = indent + doc.name + (given ? ":\n" : ": []\n");
    bool first = true;
    for (std::size_t start = 0; start < entry.size();) {
        const auto end = entry.find('\n', start);
        const auto line = entry.substr(start, end - start);
        const bool dash = first && line.find_first_not_of(' ') != std::string::npos && line[0] != '#';
        first = first && !dash;
        result += indent + mark + (dash ? "  - " : "    ") + line + "\n";
        start = end + 1;
    }
    return result;
}

std::string block(const std::vector<KeyDoc>& docs, const std::string& indent, bool top_level) {
    std::string result;
    for (const auto& doc : docs) {
        result += top_level ? "\n" : "";
        result += comment(documented(doc), indent);
        if (doc.entries) {
            result += list_block(doc, indent);
        } else if (!doc.keys.empty()) {
            result += indent + doc.name + ":\n" + block(doc.keys, indent + "  ");
        } else {
            result += indent + doc.name + ": " + doc.initial + "\n";
        }
    }
    return result;
}

std::string cell(std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
        text.insert(at, "\\");
    }
    return text;
}

void rows(const std::vector<KeyDoc>& docs, const std::string& prefix, std::string& page) {
    for (const auto& doc : docs) {
        const auto path = prefix + doc.name + (doc.entries ? "[]" : "");
        const auto initial = doc.required ? "required" : doc.initial.empty() ? "" : "`" + doc.initial + "`";
        page += fmt::format("| `{}` | {} | {} | {} |\n", path, cell(doc.type), cell(initial), cell(doc.sentence));
        rows(doc.keys, path + ".", page);
    }
}

std::string table(const std::string& title, const std::string& text, const std::vector<KeyDoc>& docs) {
    auto page = fmt::format("## {}\n\n{}\n\n| key | type | default | |\n|---|---|---|---|\n", title, text);
    rows(docs, "", page);
    return page + "\n";
}

}  // namespace

std::string default_file() {
    return "# Every key of Meshwarden's configuration with its default.\n" +
           block(describe(config_keys(), Draft{}), "", true);
}

std::string reference_page() {
    return "# Configuration reference\n\n"
           "Durations are written as in Prometheus (`30s`, `1h30m`, `90d`), sizes too (`500MiB`, `2GiB`). Paths are "
           "relative to the file. `${NAME}` in a value of the configuration file is replaced by that environment "
           "variable (`$${NAME}` stays as `${NAME}`). An unknown or repeated key is an error; `meshwarden check FILE` "
           "shows all problems at once.\n\n" +
           table("The configuration file", "`meshwarden run --config FILE`. Every key but `prometheus` has a default.",
                 describe(config_keys(), Draft{})) +
           table("Signal files", "Named under `signals`. What is asked of Prometheus, and what its labels mean.",
                 describe(signal_file_keys(), SignalFile{})) +
           table("Rule files", "Named under `rules`. What is judged, above which threshold it fires.",
                 describe(rule_file_keys(), RuleFile{})) +
           table("Rule tests", "`meshwarden test FILE...`. Series in; findings, notices and blind signals out.",
                 describe(test_file_keys(), RuleTestFile{}));
}

}  // namespace meshwarden::config

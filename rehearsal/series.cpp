#include "rehearsal/series.hpp"

#include "rehearsal/lexer.hpp"

namespace meshwarden::rehearsal {
namespace {

// label="value", ... up to the closing brace; false where it is something else.
bool take_labels(const std::vector<Token>& tokens, std::size_t& at, std::vector<Labels::Pair>& labels) {
    while (tokens[at].text != "}") {
        const bool label = at + 2 < tokens.size() && tokens[at].kind == Token::Kind::word &&
                           tokens[at + 1].text == "=" && tokens[at + 2].kind == Token::Kind::text;
        if (!label) return false;
        for (const auto& [name, value] : labels)
            if (name == tokens[at].text) return false;
        labels.emplace_back(tokens[at].text, tokens[at + 2].text);
        at += 3;
        if (tokens[at].text == ",")
            ++at;
        else if (tokens[at].text != "}")
            return false;
    }
    return tokens[at++].kind == Token::Kind::sign;
}

bool names(const std::vector<Labels::Pair>& labels, std::string_view name) {
    for (const auto& label : labels)
        if (label.first == name) return true;
    return false;
}

}  // namespace

Result<Labels> parse_series(std::string_view text) {
    const auto refused = fail("is no series, expected name{label=\"value\"}");
    const auto tokens = tokens_of(text);
    if (!tokens) return refused;
    std::vector<Labels::Pair> labels;
    std::size_t at = 0;
    if ((*tokens)[0].kind == Token::Kind::word) labels.emplace_back("__name__", (*tokens)[at++].text);
    const bool braces = (*tokens)[at].kind == Token::Kind::sign && (*tokens)[at].text == "{";
    if (braces && !take_labels(*tokens, ++at, labels)) return refused;
    if ((*tokens)[at].kind != Token::Kind::end || !names(labels, "__name__")) return refused;
    Labels given(labels);
    if (!names(labels, "instance")) {
        given.set("instance", given.has("pod") ? given.get("pod") : "test");
        if (!names(labels, "job")) given.set("job", "test");
    }
    return given;
}

}  // namespace meshwarden::rehearsal

#include "model/matcher.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>

namespace meshwarden {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

Result<std::string> unquoted(std::string_view text) {
    if (!text.starts_with('"')) return std::string(text);
    if (text.size() < 2 || !text.ends_with('"')) return fail("the closing quote is missing");
    text = text.substr(1, text.size() - 2);
    std::string value;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') return fail("a quote inside the value must be written \\\"");
        if (text[i] != '\\') {
            value += text[i];
        } else if (++i < text.size() && (text[i] == '"' || text[i] == '\\' || text[i] == 'n')) {
            value += text[i] == 'n' ? '\n' : text[i];
        } else {
            // An escape of the expression itself, such as \. in "a\.b".
            value += '\\';
            if (i < text.size()) value += text[i];
        }
    }
    return value;
}

bool is_label_name(std::string_view name) {
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
               std::string_view::npos;
}

}  // namespace

Result<Matcher> Matcher::parse(std::string_view text) {
    const auto refuse = [&](std::string_view why) {
        return fail(fmt::format("matcher '{}': {}; expected name=\"value\", !=, =~ or !~", text, why));
    };
    const auto at = text.find_first_of("=!");
    if (at == std::string_view::npos || at + 1 >= text.size()) return refuse("no operator");
    Matcher matcher;
    matcher.name_ = trimmed(text.substr(0, at));
    if (!is_label_name(matcher.name_)) return refuse("no label name");
    const bool negated = text[at] == '!';
    const bool expression = text[at + 1] == '~';
    if (negated && text[at + 1] != '=' && !expression) return refuse("no operator");
    matcher.operator_ = expression ? (negated ? Operator::not_match : Operator::match)
                                   : (negated ? Operator::not_equal : Operator::equal);
    auto value = unquoted(trimmed(text.substr(at + (negated || expression ? 2 : 1))));
    if (!value) return refuse(value.error().message);
    matcher.value_ = std::move(*value);
    if (expression) {
        matcher.expression_ = std::make_shared<const re2::RE2>(matcher.value_, re2::RE2::Quiet);
        if (!matcher.expression_->ok()) return refuse(matcher.expression_->error());
    }
    return matcher;
}

bool Matcher::matches(const Labels& labels) const {
    const auto value = labels.get(name_);
    const bool hit = expression_ ? re2::RE2::FullMatch({value.data(), value.size()}, *expression_) : value == value_;
    return hit == (operator_ == Operator::equal || operator_ == Operator::match);
}

bool all_match(const Matchers& matchers, const Labels& labels) {
    return std::ranges::all_of(matchers, [&](const Matcher& matcher) { return matcher.matches(labels); });
}

}  // namespace meshwarden

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "rehearsal/expression.hpp"
#include "rehearsal/lexer.hpp"

namespace meshwarden::rehearsal {
namespace {

constexpr int deepest = 50;

bool among(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

bool is_aggregation(std::string_view name) { return among(name, {"sum", "count", "min", "max", "avg", "group"}); }

// How tightly an operator binds; 0: it is none.
int strength(std::string_view name) {
    if (name == "or") return 1;
    if (among(name, {"and", "unless"})) return 2;
    if (is_comparison(name)) return 3;
    if (among(name, {"+", "-"})) return 4;
    return among(name, {"*", "/"}) ? 5 : 0;
}

std::string requoted(std::string_view value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') text += '\\';
        text += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return text + '"';
}

// Recursive descent. A failure is thrown as Error and caught in parse_expression.
class Parser {
public:
    explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    Expression whole() {
        auto expression = binary(1);
        if (next().kind != Token::Kind::end) refuse("the end");
        return expression;
    }

private:
    const Token& next() const { return tokens_[at_]; }
    Token take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_[at_]; }
    bool is(std::string_view text) const {
        return (next().kind == Token::Kind::sign || next().kind == Token::Kind::word) && next().text == text;
    }
    bool take(std::string_view text) { return is(text) && (take(), true); }
    void demand(std::string_view text) {
        if (!take(text)) refuse(text);
    }
    [[noreturn]] void refuse(std::string_view expected) const {
        const bool end = next().kind == Token::Kind::end;
        const auto found = end ? "the end" : "\"" + next().text.substr(0, 40) + "\"";
        throw Error{fmt::format("{} where {} is expected", found, expected)};
    }

    std::vector<std::string> label_list() {
        std::vector<std::string> labels;
        demand("(");
        while (!take(")")) {
            if (next().kind != Token::Kind::word) refuse("a label");
            labels.push_back(take().text);
            if (!is(")")) demand(",");
        }
        return labels;
    }

    void matching(Expression& operation) {
        operation.as_number = take("bool");
        operation.excluded = true;
        if (is("on") || is("ignoring")) {
            operation.excluded = take().text == "ignoring";
            operation.labels = label_list();
        }
        if (is("group_left") || is("group_right")) throw Error{"\"" + next().text + "\" is not known"};
    }

    Expression binary(int least) {
        if (++depth_ > deepest) throw Error{"nested too deep"};
        auto left = unary();
        for (int binds = strength(next().text); operator_next() && binds >= least; binds = strength(next().text)) {
            Expression operation{.kind = Expression::Kind::binary, .name = take().text};
            matching(operation);
            operation.operands.push_back(std::move(left));
            operation.operands.push_back(binary(binds + 1));
            left = std::move(operation);
        }
        --depth_;
        return left;
    }
    bool operator_next() const {
        return (next().kind == Token::Kind::sign || next().kind == Token::Kind::word) && strength(next().text) > 0;
    }

    Expression unary() {
        if (!take("-")) return postfix(primary());
        Expression negative{.kind = Expression::Kind::binary, .name = "*", .excluded = true};
        negative.operands.push_back({.kind = Expression::Kind::number, .number = -1});
        negative.operands.push_back(postfix(primary()));
        return negative;
    }

    Duration duration() {
        const auto parsed = parse_duration(next().text);
        if (next().kind != Token::Kind::number || !parsed) refuse("a duration");
        take();
        return *parsed;
    }

    Expression postfix(Expression expression) {
        const bool selector = expression.kind == Expression::Kind::selector;
        if (selector && take("[")) {
            expression.range = duration();
            demand("]");
        }
        if (selector && take("offset")) {
            const int sign = take("-") ? -1 : 1;
            expression.offset = duration() * sign;
        }
        if (is("[") || is("@") || is("offset")) throw Error{"\"" + next().text + "\" is not known here"};
        return expression;
    }

    Expression primary() {
        if (next().kind == Token::Kind::number) return number();
        if (is("{")) return selector("");
        if (take("(")) {
            auto inner = binary(1);
            demand(")");
            return inner;
        }
        if (next().kind != Token::Kind::word) refuse("an expression");
        const auto name = take().text;
        if (is_aggregation(name) && (is("(") || is("by") || is("without"))) return aggregate(name);
        return is("(") ? call(name) : selector(name);
    }

    Expression number() {
        const auto text = take().text;
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) throw Error{"\"" + text + "\" is no number"};
        return {.kind = Expression::Kind::number, .number = value};
    }

    Expression selector(const std::string& name) {
        Expression result{.kind = Expression::Kind::selector};
        if (!name.empty()) result.matchers.push_back(*Matcher::parse("__name__=" + requoted(name)));
        if (!take("{")) return result;
        while (!take("}")) {
            if (next().kind != Token::Kind::word) refuse("a label");
            const auto label = take().text;
            const auto sign = take().text;
            if (!among(sign, {"=", "!=", "=~", "!~"}) || next().kind != Token::Kind::text) refuse("a matcher");
            auto matcher = Matcher::parse(label + sign + requoted(take().text));
            if (!matcher) throw matcher.error();
            result.matchers.push_back(std::move(*matcher));
            if (!is("}")) demand(",");
        }
        return result;
    }

    std::vector<Expression> arguments() {
        std::vector<Expression> list;
        demand("(");
        while (!take(")")) {
            list.push_back(binary(1));
            if (!is(")")) demand(",");
        }
        return list;
    }

    Expression call(const std::string& name) {
        return {.kind = Expression::Kind::call, .name = name, .operands = arguments()};
    }

    Expression aggregate(const std::string& name) {
        Expression result{.kind = Expression::Kind::aggregate, .name = name};
        const auto labels = [&] {
            if (!is("by") && !is("without")) return;
            result.excluded = take().text == "without";
            result.labels = label_list();
        };
        labels();
        result.operands = arguments();
        labels();
        if (result.operands.size() != 1) throw Error{name + " takes one argument"};
        return result;
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    int depth_ = 0;
};

}  // namespace

bool is_set_operator(std::string_view name) { return among(name, {"and", "or", "unless"}); }

bool is_comparison(std::string_view name) { return among(name, {"==", "!=", ">", "<", ">=", "<="}); }

Result<Expression> parse_expression(std::string_view text) {
    auto tokens = tokens_of(text);
    if (!tokens) return std::unexpected(tokens.error());
    try {
        return Parser(std::move(*tokens)).whole();
    } catch (const Error& error) {
        return std::unexpected(error);
    }
}

}  // namespace meshwarden::rehearsal

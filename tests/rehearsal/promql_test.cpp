// The part of PromQL that the made-up Prometheus knows, against what Prometheus says.
#include <fmt/format.h>

#include "rehearsal/evaluate.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::rehearsal;

namespace {

Time at(int seconds) { return Time(std::chrono::seconds(seconds)); }

std::vector<Stored> world() {
    return {
        {{{"__name__", "a"}, {"job", "x"}, {"i", "1"}}, {{at(0), 1}, {at(10), 5}, {at(20), 2}}},
        {{{"__name__", "a"}, {"job", "x"}, {"i", "2"}}, {{at(0), 7}, {at(10), 7}, {at(20), 0, true}}},
        {{{"__name__", "b"}, {"job", "y"}, {"i", "1"}}, {{at(20), 10}}},
        {{{"__name__", "old"}}, {{at(-400), 1}}},
    };
}

std::string asked(const std::string& query, int seconds = 20) {
    const auto expression = parse_expression(query);
    if (!expression) return "refused: " + expression.error().message;
    const auto series = world();
    const auto outcome = evaluate(*expression, series, at(seconds));
    if (!outcome) return "refused: " + outcome.error().message;
    if (outcome->kind == Outcome::Kind::scalar) return fmt::format("{}", outcome->scalar);
    std::string text;
    for (const auto& one : outcome->series) {
        text += (text.empty() ? "" : "; ") + to_string(one.labels);
        for (const auto& sample : one.samples) text += fmt::format(" {}", sample.value);
    }
    return text;
}

}  // namespace

TEST_CASE("selectors look five minutes back and end at a stale mark") {
    CHECK(asked("a") == R"({__name__="a",i="1",job="x"} 2)");
    CHECK(asked("a", 15) == R"({__name__="a",i="1",job="x"} 5; {__name__="a",i="2",job="x"} 7)");
    CHECK(asked("old") == "");
    CHECK(asked("old", -101) == R"({__name__="old"} 1)");
    CHECK(asked("old", -100) == "");
    CHECK(asked(R"({__name__=~"a|b",i="1"})") == R"({__name__="a",i="1",job="x"} 2; {__name__="b",i="1",job="y"} 10)");
    CHECK(asked(R"(a{i!~"2"} offset 10s)") == R"({__name__="a",i="1",job="x"} 5)");
    CHECK(asked("a[10s]") == R"({__name__="a",i="1",job="x"} 5 2; {__name__="a",i="2",job="x"} 7)");
}

TEST_CASE("operators and comparisons") {
    CHECK(asked("1 + 2 * 3 - 4 / 2") == "5");
    CHECK(asked("a * 2 > 3") == R"({i="1",job="x"} 4)");
    CHECK(asked("a > 1") == R"({__name__="a",i="1",job="x"} 2)");
    CHECK(asked("a > 2") == "");
    CHECK(asked("a > bool 2") == R"({i="1",job="x"} 0)");
    CHECK(asked("-a") == R"({i="1",job="x"} -2)");
    CHECK(asked("time()") == "20");
    CHECK(asked("b - on(i) a") == R"({i="1"} 8)");
    CHECK(asked("b > ignoring(job) a") == R"({__name__="b",i="1"} 10)");
}

TEST_CASE("set operators match by labels, on and ignoring") {
    CHECK(asked("a or b") == R"({__name__="a",i="1",job="x"} 2; {__name__="b",i="1",job="y"} 10)");
    CHECK(asked("a and on(i) b") == R"({__name__="a",i="1",job="x"} 2)");
    CHECK(asked("a and b") == "");
    CHECK(asked("a unless on(i) b") == "");
    CHECK(asked("a unless ignoring(job) a offset 10s") == "");
}

TEST_CASE("aggregations") {
    CHECK(asked("count by (job) (a)", 10) == R"({job="x"} 2)");
    CHECK(asked("sum(a)", 10) == "{} 12");
    CHECK(asked("max without (i) (a)", 10) == R"({job="x"} 7)");
    CHECK(asked("avg(a) by (job)", 10) == R"({job="x"} 6)");
    CHECK(asked("count(nothing)") == "");
    CHECK(asked("group by (job, i) (a)") == R"({i="1",job="x"} 1)");
}

TEST_CASE("functions over ranges") {
    CHECK(asked("changes(a[1m])") == R"({i="1",job="x"} 2; {i="2",job="x"} 0)");
    CHECK(asked("resets(a[1m]) > 0") == R"({i="1",job="x"} 1)");
    CHECK(asked("max_over_time(a[1m])") == R"({i="1",job="x"} 5; {i="2",job="x"} 7)");
    CHECK(asked("last_over_time(a[1m])") == R"({__name__="a",i="1",job="x"} 2; {__name__="a",i="2",job="x"} 7)");
    CHECK(asked("timestamp(a)", 15) == R"({i="1",job="x"} 10; {i="2",job="x"} 10)");
    CHECK(asked("max(timestamp(a))") == "{} 20");
    CHECK(asked("increase(b[1m])") == "");
    CHECK(asked("increase(a{i=\"1\"}[20s])") == R"({i="1",job="x"} 6)");
    CHECK(asked("rate(a{i=\"1\"}[20s]) > 0") == R"({i="1",job="x"} 0.3)");
    CHECK(asked("resets(a[1m]) > 0 or resets(b[1m]) > 0 or changes(old[1m]) > 0") == R"({i="1",job="x"} 1)");
    CHECK(asked("last_over_time(b[1m]) < 11.000 or last_over_time(nothing[1m]) > 5.000") ==
          R"({__name__="b",i="1",job="y"} 10)");
}

TEST_CASE("what it does not know is said, never answered wrongly") {
    for (const auto* query :
         {"",           "a[",          "a[5m",         "a[5m:1m]",   "a{",          "a{b}",
          "a{b=1}",     "a{b=~\"(\"}", "irate(a[5m])", "topk(1, a)", "a @ 5",       "a * on(i) group_left b",
          "(a",         "a)",          "1 +",          "sum",        "sum by (a",   "a[1m] > 1",
          "changes(a)", "changes()",   "1 and 2",      "a and 1",    "count(a, b)", "a offset",
          "\"text\"",   "a ^ 2",       "\x01",         "5m"}) {
        INFO(query);
        const auto answer = asked(query);
        const bool as_name = std::string_view(query) == "sum";  // a metric may be called so
        CHECK((as_name || answer.starts_with("refused: ")));
    }
    CHECK(asked(std::string(10'000, '(')).starts_with("refused: "));
    CHECK(asked("a" + std::string(10'000, '-') + "a").starts_with("refused: "));
}

TEST_CASE("many-to-one is refused where the labels of one side repeat") {
    CHECK(parse_expression("b + on(job) a"));
    const auto series = world();
    CHECK_FALSE(evaluate(*parse_expression("b + on(nothing) a"), series, at(10)));
}

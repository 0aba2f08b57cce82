// Files that mean harm: each is refused at once, with one line that says why.
#include <chrono>

#include "config/config.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;

namespace {

std::string first_problem(const std::string& content) {
    const TemporaryFile file(content);
    const auto begun = std::chrono::steady_clock::now();
    const auto problems = config::load(file.file()).problems;
    CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
    REQUIRE_FALSE(problems.empty());
    const auto line = to_string(problems[0]);
    CHECK(line.size() < 1000);
    CHECK(line.find_first_of(std::string_view("\n\r\0\x1b", 4)) == std::string::npos);
    return line.substr(file.file().size());
}

std::string repeated(const std::string& text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) {
        result += text;
    }
    return result;
}

std::string alias_bomb() {
    std::string text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'k'; ++c) {
        const std::string before(1, static_cast<char>(c - 1));
        text += std::string(1, c) + ": &" + c + " [" + repeated("*" + before + ",", 9) + "*" + before + "]\n";
    }
    return text;
}

}  // namespace

TEST_CASE("too large, too long, too deep, too many") {
    CHECK(first_problem(std::string(2u << 20, '#')) == ": larger than 1024 KiB");
    CHECK(first_problem("instance: " + std::string(1'000'000, 'a')) == ":1: a line longer than 64 KiB");
    CHECK(first_problem("a: " + repeated("[", 60'000)) == ":1: nested more than 32 deep");
    CHECK(first_problem("a: " + repeated("{a: ", 10'000)) == ":1: nested more than 32 deep");
    CHECK(first_problem(repeated("- ", 30'000)) == ":1: nested more than 32 deep");
    CHECK(first_problem(repeated("? ", 30'000)) == ":1: nested more than 32 deep");
    CHECK(first_problem(alias_bomb()) == ":5: more than 100000 values, aliases counted in full");
    CHECK(first_problem("a: &a [*a]\n") == ":1: an alias stands inside what it names");
}

TEST_CASE("bytes that are no text") {
    using namespace std::string_literals;
    CHECK(first_problem("a: b\nprometheus: \0\n"s) == ":2: control character 0x00, expected text");
    CHECK(first_problem("a: \x1b[31m\n") == ":1: control character 0x1b, expected text");
    for (const auto* bad :
         {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf0\x80\x80\x80"}) {
        CHECK(first_problem("x: 1\ny: " + std::string(bad) + "\n") == ":2: not UTF-8, expected UTF-8 text");
    }
    CHECK(first_problem("p\0r\0"s) == ":1: control character 0x00, expected text");
}

TEST_CASE("escapes that make control characters") {
    CHECK(first_problem("prometheus: [{name: \"a\\0b\"}]\n") ==
          ":1: prometheus[0].name: is \"a\\x00b\", expected a name of letters, digits, - _ . without control "
          "characters");
    CHECK(first_problem("prometheus: [{headers: {X: \"a\\r\\nEvil: 1\"}}]\n").starts_with(
        ":1: prometheus[0].headers.X: is \"a\\x0d\\x0aEvil: 1\", expected text"));
    CHECK(first_problem("prometheus: [{headers: {X: \"a\\nEvil: 1\"}}]\n").find("one line") != std::string::npos);
    CHECK(first_problem("prometheus: [{url: \"http://a\\nb\"}]\n").find("expected an http") != std::string::npos);
    CHECK(first_problem("prometheus: [{url: \"http://a:9090/graph?g0=1\"}]\n").find("leave out everything from ?") !=
          std::string::npos);
    CHECK(first_problem("prometheus: [{}]\nlog: {\"a\\nb\": 1}\n").starts_with(":2: log.\"a\\x0ab\": unknown key"));
    CHECK(first_problem("prometheus: [{}]\nlog: {" + std::string(900, 'k') + ": 1}\n").find("...\"") !=
          std::string::npos);
}

TEST_CASE("what is no YAML, or another kind of it") {
    CHECK(first_problem("web:\n\tlisten: x\n") ==
          ":2: not YAML: illegal map value (line 2 is indented with a tab, expected spaces)");
    CHECK(first_problem("prometheus: [{}]\nlog: level: info\n") == ":2: not YAML: illegal map value");
    CHECK(first_problem("prometheus: [{name: \"a}]\n").find(": not YAML: ") != std::string::npos);
    CHECK(first_problem("a: *b\n") == ":1: not YAML: the referenced anchor is not defined");
    CHECK(first_problem("prometheus: [{}]\n---\na: 1\n") == ":3: a second document, expected one");
    CHECK(first_problem("? [a]\n: b\n") == ":1: a key must be a word");
    CHECK(first_problem("- a\n") == ":1: expected a map of keys");
    CHECK(first_problem("<<: 1\n") == ":1: << expects the alias of a map");
}

TEST_CASE("a byte order mark, Windows' line ends and an empty file are no harm of their own") {
    const TemporaryFile marked("\xef\xbb\xbfprometheus: [{}]\r\nlog: {level: warn}\r\n");
    const auto loaded = config::load(marked.file());
    for (const auto& problem : loaded.problems) {
        FAIL_CHECK(to_string(problem));
    }
    CHECK(loaded.config.log_level == "warn");
    CHECK(first_problem("") == ":1: prometheus: missing, but required");
    CHECK(first_problem("# nothing\n") == ":1: prometheus: missing, but required");
}

TEST_CASE("what cannot be read says why") {
    const TemporaryFile file("");
    const auto problems = config::check({file.path(""), file.path("none.yaml")});
    REQUIRE(problems.size() == 2);
    CHECK(problems[0].message == "cannot be opened: it is a directory");
    CHECK(problems[1].message == "cannot be opened: No such file or directory");
    CHECK((problems[0].unreadable && problems[1].unreadable));
}

TEST_CASE("numbers that are none") {
    for (const auto* bad : {".nan", "nan", "inf", "-.inf", "1e400", "0x10", "1_000", "'1 '", "-1", "'1,5'", "[1]"}) {
        INFO(bad);
        CHECK(first_problem(std::string("prometheus: [{}]\noverrides: {authz-denials: {threshold: ") + bad + "}}\n")
                  .find("authz-denials.threshold: is ") != std::string::npos);
    }
}

TEST_CASE("a flood of problems is cut") {
    std::string text = "prometheus: [{}]\n";
    for (int i = 0; i < 3'000; ++i) {
        text += "k" + std::to_string(i) + ": 1\n";
    }
    const TemporaryFile file(text);
    const auto problems = config::load(file.file()).problems;
    CHECK(problems.size() == 101);
    CHECK(problems.back().message == "2900 more problems");
}

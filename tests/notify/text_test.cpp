#include "notify/text.hpp"

#include "tests/catch.hpp"
#include "tests/notify/notices.hpp"

using namespace meshwarden::notify;

TEST_CASE("text: what is shown is valid, harmless and on one line") {
    const std::vector<std::pair<std::string, std::string>> table{
        {"plain", "plain"},
        {"", ""},
        {"a\nb\tc\x7f", "a b c "},
        {"\xff", "\uFFFD"},
        {"\xc3", "\uFFFD"},
        {"\xc0\x80", "\uFFFD\uFFFD"},
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
        {"\u202Etxt.exe", "\uFFFDtxt.exe"},
        {"a\u2028b\u0085c", "a b c"},
        {"\U0001F4A3\u00e9", "\U0001F4A3\u00e9"}};
    for (const auto& [bytes, expected] : table) {
        INFO(bytes);
        CHECK(plain(bytes, 100).text == expected);
        CHECK(plain(bytes, 100).whole);
    }
}

TEST_CASE("text: a cut text ends in an ellipsis and keeps its limit") {
    CHECK(plain("abcde", 5).text == "abcde");
    CHECK(plain("abcdef", 5).text == "abcd\u2026");
    CHECK_FALSE(plain("abcdef", 5).whole);
    CHECK(plain("\U0001F4A3\U0001F4A3\U0001F4A3", 5).text == "\U0001F4A3\U0001F4A3\u2026");
    CHECK(mrkdwn("<<", 8).text == "&lt;&lt;");
    CHECK(mrkdwn("<<<", 8).text == "&lt;\u2026");
    CHECK(plain_bytes("\u00e9\u00e9\u00e9", 6) == "\u00e9\u00e9\u00e9");
    CHECK(plain_bytes("\u00e9\u00e9\u00e9\u00e9", 7) == "\u00e9\u00e9\u2026");
}

TEST_CASE("text: mrkdwn cannot form mentions or links") {
    CHECK(mrkdwn("<!channel> & <@U1>", 100).text == "&lt;!channel&gt; &amp; &lt;@U1&gt;");
}

TEST_CASE("text: lengths are UTF-16 code units") {
    CHECK(length_units("abc") == 3);
    CHECK(length_units("\u00e9\u20ac") == 2);
    CHECK(length_units("\U0001F4A3") == 2);
}

TEST_CASE("text: which links are shown") {
    for (const auto* good : {"http://a", "https://a.example/x?y=1&z=%20#f", "http://127.0.0.1:20011/incidents/1"})
        CHECK(is_link(good));
    for (const auto* bad : {"", "http://", "https:///x", "javascript:alert(1)", "ftp://a", "http://a b", "http://a|b",
                            "http://a>b", "http://a\"b", "http://\u00e9", "HTTP"})
        CHECK_FALSE(is_link(bad));
    CHECK_FALSE(is_link("http://" + std::string(3000, 'a')));
}

TEST_CASE("text: secrets are taken out, however often they stand there") {
    CHECK(redact("key KEY1 and KEY1KEY1.", {"KEY1"}) == "key [redacted] and [redacted][redacted].");
    CHECK(redact("nothing", {"", "abc"}) == "nothing");
}

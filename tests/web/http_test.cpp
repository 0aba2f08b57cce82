#include "tests/catch.hpp"
#include "web/http.hpp"
#include "web/links.hpp"
#include "web/parameters.hpp"

#include <nlohmann/json.hpp>

using namespace meshwarden;
using namespace meshwarden::web;

TEST_CASE("a request target is taken apart and decoded") {
    Request request;
    REQUIRE(parse_target("/a%20b/c?x=1&y=a%3Db+c&empty=&&bare", request));
    CHECK(request.path == "/a b/c");
    REQUIRE(request.query.size() == 4);
    CHECK(request.query[1] == std::pair<std::string, std::string>("y", "a=b c"));
    CHECK(request.query[3] == std::pair<std::string, std::string>("bare", ""));
}

TEST_CASE("a malformed target is refused") {
    for (const auto* target : {"", "*", "http://x/", "/%", "/%4", "/%zz", "/a?x=%", "/%00"}) {
        Request request;
        INFO(target);
        CHECK_FALSE(parse_target(target, request));
    }
}

TEST_CASE("an answer survives labels that are not UTF-8") {
    const auto response = json_response({{"label", "\xff\xfe"}});
    CHECK(nlohmann::json::parse(response.body)["label"] == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("parameters name the first wrong one") {
    Request request;
    REQUIRE(parse_target("/?limit=0&since=yesterday&at=1767225600.5&state=a,b,,c", request));
    Parameters parameters(request);
    CHECK(parameters.list("state") == std::vector<std::string>{"a", "b", "c"});
    CHECK(parameters.time("at") == from_epoch_seconds(1767225600.5));
    CHECK_FALSE(parameters.refusal());
    CHECK(parameters.integer("limit", 100, 1, 500) == 100);
    CHECK_FALSE(parameters.time("since"));
    REQUIRE(parameters.refusal());
    CHECK(nlohmann::json::parse(parameters.refusal()->body)["detail"].get<std::string>().find("limit") !=
          std::string::npos);
}

TEST_CASE("a time may not be infinite, huge or followed by anything") {
    for (const auto* text : {"inf", "nan", "1e300", "99999999999999", "12x", "-1", "2026-13-01T00:00:00Z",
                             "0000-01-01T00:00:00+01:00"}) {
        Request request;
        REQUIRE(parse_target(std::string("/?since=") + text, request));
        Parameters parameters(request);
        INFO(text);
        CHECK_FALSE(parameters.time("since"));
        CHECK(parameters.refusal());
    }
}

TEST_CASE("links are templates over labels, percent-encoded") {
    const Labels labels{{"destination_service", "a/b?c \"é"}, {"destination_namespace", "pay"}};
    CHECK(expand_link("https://k/{{ destination_namespace }}/{{destination_service}}!", labels) ==
          "https://k/pay/a%2Fb%3Fc%20%22%C3%A9!");
    CHECK(expand_link("{{ absent }}x{{ open", labels) == "x{{ open");
    CHECK(expand_link("", labels).empty());
}

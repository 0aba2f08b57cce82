#include <cmath>

#include "collector/prometheus_answer.hpp"
#include "tests/collector/series.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;

namespace {

constexpr std::size_t many = 1000;

std::string envelope(const std::string& data, const std::string& more = "") {
    return R"({"status":"success","data":)" + data + more + "}";
}

std::string code_of(int status, const std::string& body, std::size_t max_series = many) {
    const auto answer = parse_answer(status, body, max_series);
    return answer ? "" : answer.error().code;
}

}  // namespace

TEST_CASE("a matrix, a vector and a scalar become samples") {
    const auto rows =
        parse_answer(200, matrix_json({{{{"__name__", "up"}, {"job", "a"}}, {{10.5, 1}, {11, 2}}}}), many);
    REQUIRE(rows);
    REQUIRE(rows->size() == 1);
    CHECK(rows->metric(0).get("job") == "a");
    CHECK(rows->metric(0).get("pod").empty());
    CHECK(rows->metric(0).materialise() == Labels{{"__name__", "up"}, {"job", "a"}});
    REQUIRE(rows->samples(0).size() == 2);
    CHECK(rows->samples(0)[0] == Sample{at(10.5), 1});
    const auto scalar =
        parse_answer(200, envelope(R"({"resultType":"scalar","result":[1700000000.123,"1700000000.123"]})"), many);
    REQUIRE(scalar);
    CHECK(scalar->scalar_or(0) == Approx(1700000000.123));
    CHECK(parse_answer(200, vector_json({{{{"a", "b"}}, {{1, 5}}}}), many)->scalar_or(0) == 5);
    CHECK(parse_answer(200, vector_json({}), many)->empty());
}

TEST_CASE("an answer outlives its text, and series that share labels keep their own") {
    const std::string longest(100'000, 'x');
    const std::vector<TestSeries> series = {
        {{{"a", "1"}, {"job", "j"}, {"pod", "p"}}, {{1, 1}}}, {{{"a", "1"}, {"job", "k"}, {"pod", "p"}}, {{1, 2}}},
        {{{"job", "k"}, {"pod", "p"}}, {{1, 3}}}, {{{"a", longest}, {"job", "k"}, {"pod", ""}, {"z", "1"}}, {{1, 4}}},
        {{}, {{1, 5}}}, {{{"a", "1"}}, {{1, 6}}}};
    const auto answer = parse_answer(200, vector_json(series), many);
    REQUIRE(answer);
    REQUIRE(answer->size() == series.size());
    for (std::size_t i = 0; i < series.size(); ++i) {
        const auto labels = answer->metric(i).labels();
        REQUIRE(labels.size() == series[i].labels.size());
        for (const auto& [name, value] : series[i].labels) CHECK(answer->metric(i).get(name) == value);
    }
    const auto& first = answer->metric(0).labels()[2].value;
    CHECK(first.data() == answer->metric(1).labels()[2].value.data());
}

TEST_CASE("values as Prometheus writes them") {
    const auto [text, expected] =
        GENERATE(table<std::string, double>({{"1e+00", 1},
                                             {"+Inf", INFINITY},
                                             {"-Inf", -INFINITY},
                                             {"0.5", 0.5},
                                             {"-3", -3},
                                             {"1.7976931348623157e+308", 1.7976931348623157e+308}}));
    const auto answer = parse_answer(
        200, envelope(R"({"resultType":"vector","result":[{"metric":{},"value":[1,")" + text + R"("]}]})"), many);
    REQUIRE(answer);
    CHECK(answer->scalar_or(7) == expected);
}

TEST_CASE("NaN stays NaN") {
    const auto answer =
        parse_answer(200, envelope(R"({"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]})"), many);
    REQUIRE(answer);
    CHECK(std::isnan(answer->scalar_or(7)));
}

TEST_CASE("what is not Prometheus' format is refused whole") {
    const std::string result =
        GENERATE(as<std::string>(), R"({"resultType":"vector","result":{}})", R"({"resultType":"vector"})",
                 R"({"result":[]})", "[]", "null", R"({"resultType":"string","result":[1,"x"]})",
                 R"({"resultType":"vector","result":[1]})", R"({"resultType":"vector","result":[{"metric":{}}]})",
                 R"({"resultType":"vector","result":[{"value":[1,"1"]}]})",
                 R"({"resultType":"vector","result":[{"metric":{"a":1},"value":[1,"1"]}]})",
                 R"({"resultType":"vector","result":[{"metric":[],"value":[1,"1"]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1,"1",2]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":["1","1"]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1,1]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1,""]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1,"1x"]}]})",
                 R"({"resultType":"vector","result":[{"metric":{},"value":[1e300,"1"]}]})",
                 R"({"resultType":"matrix","result":[{"metric":{},"values":[1,"1"]}]})",
                 R"({"resultType":"scalar","result":"1"})");
    CHECK(code_of(200, envelope(result)) == "query_failed");
}

TEST_CASE("failures have their cause") {
    CHECK(code_of(200, "") == "query_failed");
    CHECK(code_of(200, "<html>") == "query_failed");
    CHECK(code_of(502, "<html>Bad Gateway</html>") == "query_failed");
    CHECK(code_of(503, "Service Unavailable") == "timeout");
    CHECK(code_of(503, R"({"status":"error","errorType":"timeout","error":"query timed out"})") == "timeout");
    CHECK(code_of(422, R"({"status":"error","errorType":"execution","error":"too many samples"})") == "query_failed");
    CHECK(code_of(200, R"({"status":"error","errorType":"bad_data","error":"x","data":{}})") == "query_failed");
    CHECK(code_of(500, envelope(R"({"resultType":"vector","result":[]})")) == "query_failed");
    CHECK(code_of(200, R"({"data":{"resultType":"vector","result":[]}})") == "query_failed");
    const std::string good = R"({"resultType":"vector","result":[]})";
    CHECK(code_of(200, envelope(good)) == "");
    CHECK(code_of(200, envelope(good, R"(,"warnings":[])")) == "");
    CHECK(code_of(200, envelope(good, R"(,"infos":["x"])")) == "");
    CHECK(code_of(200, envelope(good, R"(,"warnings":["store down"])")) == "partial");
    CHECK(code_of(200, envelope(R"({"resultType":"scalar","result":[1,"1"]})", R"(,"warnings":["store down"])")) == "");
    CHECK(code_of(200, envelope(good, R"(,"isPartial":true)")) == "partial");
    CHECK(code_of(200, envelope(good, R"(,"isPartial":false)")) == "");
}

TEST_CASE("a server's error text is bounded and cannot write lines of its own") {
    const auto answer = parse_answer(
        400,
        R"({"status":"error","errorType":"bad_data","error":"one\nlevel=error )" + std::string(5000, 'x') + R"("})",
        many);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().text.size() <= 300);
    CHECK(answer.error().text.find('\n') == std::string::npos);
    CHECK(answer.error().text.starts_with("bad_data: one level=error"));
}

TEST_CASE("an answer cut at any position is refused, never crashes") {
    const std::string body =
        matrix_json({{{{"__name__", "a"}, {"b", "c\\\"d"}}, {{1, 1}, {2, 2.5}}}, {{{"e", "f"}}, {{3, 4}}}});
    for (std::size_t size = 0; size < body.size(); ++size) CHECK(code_of(200, body.substr(0, size)) == "query_failed");
    CHECK(code_of(200, body) == "");
}

TEST_CASE("an answer with any byte changed is refused or understood, never a crash") {
    const std::string body = matrix_json({{{{"__name__", "a"}, {"b", "c"}}, {{1, 1}, {2, 2.5}}}});
    for (std::size_t i = 0; i < body.size(); ++i) {
        for (const char c : {'"', '{', ']', '\0', '9', '\xff'}) {
            std::string changed = body;
            changed[i] = c;
            static_cast<void>(parse_answer(200, changed, many));
        }
    }
    SUCCEED();
}

TEST_CASE("more series than allowed are refused") {
    std::vector<TestSeries> series;
    for (int i = 0; i < 11; ++i) series.push_back({{{"i", std::to_string(i)}}, {{1, 1}}});
    CHECK(code_of(200, matrix_json(series), 10) == "too_many_series");
    CHECK(code_of(200, matrix_json(series), 11) == "");
}

TEST_CASE("samples come out in rising order, each time once, and labels sorted") {
    const auto answer = parse_answer(
        200,
        envelope(
            R"({"resultType":"matrix","result":[{"metric":{"z":"1","a":"2"},"values":[[3,"3"],[1,"1"],[3,"9"]]}]})"),
        many);
    REQUIRE(answer);
    REQUIRE(answer->samples(0).size() == 2);
    CHECK(answer->samples(0)[0] == Sample{at(1), 1});
    CHECK(answer->samples(0)[1] == Sample{at(3), 3});
    CHECK(answer->metric(0).get("a") == "2");
    CHECK(answer->metric(0).get("z") == "1");
}

TEST_CASE("long label values are cut between characters") {
    CHECK(cut_text("abc", 5) == "abc");
    CHECK(cut_text("abcdef", 5) == "abcde");
    CHECK(cut_text("ab\xc3\xa9", 3) == "ab");
    const Answer answer = matrix({{{{"a", std::string(2000, 'x')}}, {{1, 1}}}});
    CHECK(answer.metric(0).materialise().get("a").size() == Metric::max_value);
}

TEST_CASE("the scrape interval is the commonest of the active targets") {
    const auto facts = parse_targets(200, R"({"status":"success","data":{"activeTargets":[
        {"scrapeInterval":"15s","lastScrapeDuration":0.2},{"scrapeInterval":"15s"},{"scrapeInterval":"1m","lastScrapeDuration":3},
        {"scrapeInterval":7}]}})");
    REQUIRE(facts);
    CHECK(facts->interval == std::chrono::seconds(15));
    CHECK(facts->longest == std::chrono::seconds(3));
    CHECK(parse_targets(200, R"({"status":"success","data":{"activeTargets":[]}})")->interval == Duration{0});
    CHECK(parse_targets(200, R"({"status":"success","data":{"activeTargets":[{"discoveredLabels":7},
        {"discoveredLabels":{"__scrape_interval__":"30s"}}]}})")->interval == std::chrono::seconds(30));
    CHECK_FALSE(parse_targets(200, R"({"status":"success","data":{"activeTargets":[3]}})"));
    CHECK_FALSE(parse_targets(404, "not found"));
}

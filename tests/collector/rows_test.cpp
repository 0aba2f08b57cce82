#include "collector/rows.hpp"

#include <limits>

#include "tests/collector/series.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;

TEST_CASE("keys tell series apart whatever their values hold") {
    const Answer answer = matrix({{{{"a", "b"}, {"c", "d"}}, {{1, 1}}},
                                  {{{"a", "bc"}, {"c", "d"}}, {{1, 1}}},
                                  {{{"a", "b"}, {"cd", "d"}}, {{1, 1}}},
                                  {{{"a", "b"}, {"c", "d"}}, {{2, 1}}}});
    const auto key = [&](std::size_t i) { return series_key(answer.metric(i).labels()); };
    CHECK(key(0) != key(1));
    CHECK(key(0) != key(2));
    CHECK(key(0) == key(3));
    CHECK(series_key(answer.metric(0).labels(), "c") ==
          series_key(matrix({{{{"a", "b"}}, {{1, 1}}}}).metric(0).labels()));
}

TEST_CASE("a target is job and instance") {
    const Answer answer = matrix({{{{"job", "a"}, {"instance", "x"}, {"pod", "p"}}, {{1, 1}}},
                                  {{{"job", "a"}, {"instance", "x"}}, {{1, 1}}},
                                  {{{"job", "b"}, {"instance", "x"}}, {{1, 1}}},
                                  {{{"job", "a"}}, {{1, 1}}}});
    CHECK(target_key(answer.metric(0)) == target_key(answer.metric(1)));
    CHECK(target_key(answer.metric(0)) != target_key(answer.metric(2)));
    CHECK(target_key(answer.metric(3)) == 0);
}

TEST_CASE("samples that are no counts are left out") {
    const Answer answer =
        matrix({{{{"a", "b"}}, {{1, 5}, {2, -1}, {3, std::numeric_limits<double>::infinity()}, {4, 1e300}, {5, 6}}}});
    const Rows rows = counter_rows(answer);
    REQUIRE(rows.of(rows.rows[0]).size() == 2);
    CHECK(rows.of(rows.rows[0])[1].value == 6);
}

TEST_CASE("a histogram's count and bucket meet by labels and time") {
    const Labels count = {{"__name__", "t_count"}, {"instance", "x"}};
    const Labels bucket = {{"__name__", "t_bucket"}, {"instance", "x"}, {"le", "30"}};
    const Labels other = {{"__name__", "t_bucket"}, {"instance", "x"}, {"le", "30.0"}};
    const Answer counts = matrix({{count, {{1, 10}, {2, 12}, {3, 13}}}, {{{"instance", "y"}}, {{1, 1}}}});
    const Answer buckets = matrix({{bucket, {{1, 10}}}, {other, {{3, 11}}}});
    const Rows rows = tail_rows(counts, buckets);
    const auto of = rows.of(rows.rows[0]);
    REQUIRE(of.size() == 2);
    CHECK(of[0].base == 10);
    CHECK(of[1].at == at(3));
    CHECK(of[1].value == 13);
    CHECK(of[1].base == 11);
    CHECK(rows.of(rows.rows[1]).empty());
}

TEST_CASE("a counter stands beside its target's follower and gate") {
    const Labels target = {{"job", "istiod"}, {"instance", "x"}};
    Labels version = target;
    version.set("version", "2");
    const Answer counter = matrix({{target, {{1, 4}, {2, 5}}}});
    const Answer gate = matrix({{target, {{1, 10}, {2, 10}}}, {version, {{2, 3}}}});
    const Rows rows = stalled_rows(counter, matrix({}), gate);
    const auto of = rows.of(rows.rows[0]);
    REQUIRE(of.size() == 2);
    CHECK(of[0].base == 0);
    CHECK(of[0].level == 10);
    CHECK(of[1].level == 13);
}

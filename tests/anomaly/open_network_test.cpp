#include "anomaly/open_network.hpp"

#include <algorithm>
#include <random>

#include "anomaly/baseline.hpp"
#include "tests/anomaly/small_mesh.hpp"
#include "tests/catch.hpp"

using namespace meshwarden::anomaly;
using meshwarden::tests::SmallMesh;

namespace {

constexpr Interval minutes_a_day = 1440;

// Clients of three servers that come and go, a minute an interval.
std::vector<Row> visitors(Interval at, std::minstd_rand& random) {
    std::vector<Row> rows;
    for (NodeId client = 10; client < 60; ++client)
        if (random() % 12 == 0) rows.push_back({client, NodeId(random() % 3), float(1 + random() % 5)});
    if (at % 5 == 0) rows.push_back({NodeId(100 + at / 50), NodeId(random() % 3), 1});  // new ones all the time
    return rows;
}

}  // namespace

TEST_CASE("a network of visitors is open, a mesh is not") {
    std::minstd_rand random(1);
    Baseline visited({.interval_seconds = 60});
    std::vector<Candidate> found;
    for (Interval at = 0; at < 70; ++at) visited.inspect(at, visitors(at, random), found);
    CHECK(visited.open_network());
    CHECK(visited.learning());
    CHECK(found.empty());
    SmallMesh mesh;
    Baseline baseline({});
    mesh.play(baseline, 100);
    CHECK(!baseline.open_network());
}

TEST_CASE("in an open network a newcomer that does much is found") {
    std::minstd_rand random(1);
    Baseline baseline({.interval_seconds = 60});
    std::vector<Candidate> found;
    std::vector<float> scores;
    for (Interval at = 0; at < 3 * minutes_a_day; ++at) {
        auto rows = visitors(at, random);
        const bool attacked = at >= 2 * minutes_a_day && at < 2 * minutes_a_day + 5;
        if (attacked) rows.push_back({90, 2, 300});
        scores.resize(rows.size());
        if (at == minutes_a_day + 1) CHECK(found.empty());
        baseline.inspect(at, rows, found, scores);
        if (attacked) CHECK(std::ranges::max(scores) == scores.back());
    }
    CHECK(!baseline.learning());
    const auto oddest = std::ranges::min_element(found, {}, &Candidate::alerts_per_day);
    REQUIRE(oddest != found.end());
    CHECK(oddest->source == 90);
    CHECK(oddest->destination == 2);
    CHECK(std::ranges::count_if(found, [](const auto& one) { return one.alerts_per_day <= 1; }) < 12);
}

TEST_CASE("an edge, its source and its destination count against their own past") {
    OpenNetwork network(60);
    const Row usual{1, 2, 10}, much{1, 2, 200}, stranger{3, 2, 10};
    for (Interval at = 0; at < 100; ++at) {
        network.begin(at, 4);
        network.add(usual, 0, at == 0);
        CHECK((at < 5 || network.judge(usual, 0).sum < 1));
        network.end(usual);
    }
    network.begin(100, 4);
    network.add(much, 0, false);
    network.add(stranger, 1, true);
    const auto burst = network.judge(much, 0), newcomer = network.judge(stranger, 1);
    CHECK(burst.sum > 10);
    CHECK(burst.observed == Approx(200).epsilon(0.1));
    CHECK(burst.expected == Approx(12).epsilon(0.2));
    CHECK(newcomer.sum > 15);
    CHECK(newcomer.seen == 0);
    CHECK(newcomer.watched == Approx(101));
    CHECK(network.sources_active() > 0.9);
}

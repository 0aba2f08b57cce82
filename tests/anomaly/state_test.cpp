#include <cstring>

#include "anomaly/baseline.hpp"
#include "tests/anomaly/small_mesh.hpp"
#include "tests/catch.hpp"

using namespace meshwarden::anomaly;
using meshwarden::tests::day;
using meshwarden::tests::SmallMesh;

namespace {

// A mesh with something odd now and then.
std::vector<Candidate> play(SmallMesh& mesh, Baseline& baseline, Interval to) {
    return mesh.play(baseline, to, [](Interval at, auto& rows) {
        if (at % 97 == 0) SmallMesh::add(rows, {NodeId(at % 23), NodeId(at % 37)}, 3);
        if (at % 501 < 6) SmallMesh::add(rows, {NodeId(at % 20), NodeId((at + 1) % 20)}, 500);
    });
}

std::string learned(Interval to) {
    SmallMesh mesh(3);
    Baseline baseline({});
    play(mesh, baseline, to);
    return baseline.save();
}

std::string problem(std::string_view bytes, BaselineOptions options = {}) {
    Baseline baseline(options);
    const auto loaded = baseline.load(bytes);
    return loaded ? "" : loaded.error().message;
}

}  // namespace

TEST_CASE("a baseline that was saved and loaded goes on bit for bit") {
    const Interval at = GENERATE(0, 1, 5, 40, 3 * day - 1, 3 * day, 5 * day + 77);
    SmallMesh mesh(3), twin(3);
    Baseline baseline({.max_edges = 90}), before({.max_edges = 90}), after({.max_edges = 90});
    play(mesh, baseline, at);
    play(twin, before, at);
    const auto bytes = before.save();
    REQUIRE(after.load(bytes));
    CHECK(after.save() == bytes);
    const auto expected = play(mesh, baseline, at + 4 * day), found = play(twin, after, at + 4 * day);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        REQUIRE(found[i].kind == expected[i].kind);
        REQUIRE(std::memcmp(&found[i].alerts_per_day, &expected[i].alerts_per_day, sizeof(double)) == 0);
    }
    CHECK(after.save() == baseline.save());
}

TEST_CASE("damaged, foreign or too large states are refused") {
    const auto good = learned(2 * day);
    CHECK(problem(good).empty());
    for (const std::size_t length : {std::size_t(0), std::size_t(3), good.size() / 2, good.size() - 1})
        CHECK(problem(good.substr(0, length)).find("damaged") != std::string::npos);
    for (std::size_t at = 0; at < good.size(); at += good.size() / 50) {
        auto bad = good;
        bad[at] ^= 1;
        CHECK(problem(bad).find("damaged") != std::string::npos);
    }
    CHECK(problem(good + "x").find("damaged") != std::string::npos);
    CHECK(problem(good, {.interval_seconds = 60}).find("intervals of 300 s, these are of 60 s") != std::string::npos);
    CHECK(problem(good, {.max_edges = 10}).find("more than 10 edges") != std::string::npos);
}

TEST_CASE("a refused state changes nothing") {
    SmallMesh mesh(3);
    Baseline baseline({});
    play(mesh, baseline, day);
    const auto before = baseline.save();
    CHECK(!baseline.load("nonsense"));
    CHECK(baseline.save() == before);
}

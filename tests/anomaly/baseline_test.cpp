#include "anomaly/baseline.hpp"

#include <algorithm>
#include <cstring>

#include "anomaly/explain.hpp"
#include "tests/anomaly/small_mesh.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;
using namespace meshwarden::anomaly;
using tests::day;
using tests::hour;
using tests::SmallMesh;

namespace {

const Interval learned = 8 * day;
const SmallMesh::Pair stranger{3, 11};  // never call each other

// What is found, above `budget` alerts a day, when `change` disturbs the two days after the learning.
std::vector<Candidate> found_with(const SmallMesh::Change& change, double budget = 1) {
    SmallMesh mesh;
    Baseline baseline({});
    mesh.play(baseline, learned);
    REQUIRE(!baseline.learning());
    auto found = mesh.play(baseline, learned + 2 * day, change);
    std::erase_if(found, [&](const Candidate& one) { return one.alerts_per_day > budget; });
    return found;
}

bool has(const std::vector<Candidate>& found, Kind kind, NodeId source, NodeId destination) {
    return std::ranges::any_of(found, [&](const auto& one) {
        return one.kind == kind && one.source == source && one.destination == destination;
    });
}

std::string in_words(const Candidate& one) {
    return explain(one, [](NodeId node) { return "w" + std::to_string(node); }, 300);
}

SmallMesh::Change after(Interval from, Interval lasts, std::function<void(SmallMesh::Rows&)> change) {
    return [=](Interval at, SmallMesh::Rows& rows) {
        if (at >= learned + from && at < learned + from + lasts) change(rows);
    };
}

}  // namespace

TEST_CASE("a healthy mesh stays within the budget") {
    for (const unsigned seed : {1U, 2U, 3U}) {
        SmallMesh mesh(seed);
        Baseline baseline({});
        CHECK(mesh.play(baseline, day).empty());  // it learns, and tells nothing
        mesh.play(baseline, 7 * day);
        auto found = mesh.play(baseline, 14 * day);
        CHECK(std::ranges::count_if(found, [](const auto& one) { return one.alerts_per_day <= 1; }) <= 2 * 7);
    }
}

TEST_CASE("a new edge") {
    const auto found = found_with(after(5, 1, [](auto& rows) { SmallMesh::add(rows, stranger, 2); }));
    REQUIRE(has(found, Kind::new_edge, stranger.first, stranger.second));
    CHECK(in_words(found.front()) ==
          "w3 never called w11 before; it had 3 destinations and w11 had 3 callers; 2 events");
}

TEST_CASE("a new edge into another namespace is worse") {
    const Candidate found{.kind = Kind::new_edge, .source = 0, .destination = 1};
    struct Case { const char* source; const char* destination; Severity severity; };
    const auto c =
        GENERATE(Case{"shop/web", "bank/vault", Severity::high}, Case{"shop/web", "shop/cart", Severity::medium},
                 Case{"web", "bank/vault", Severity::medium}, Case{"/web", "bank/vault", Severity::medium},
                 Case{"", "", Severity::medium});
    const auto name_of = [&](NodeId node) { return std::string(node ? c.destination : c.source); };
    CHECK(severity_of(found, name_of, usual_severity(found.kind)) == c.severity);
    CHECK((explain(found, name_of, 60).find("into another namespace") != std::string::npos) ==
          (c.severity == Severity::high));
}

TEST_CASE("a burst") {
    SmallMesh mesh;
    const auto edge = mesh.edge(7);
    CHECK(has(found_with(after(day / 2, 3, [&](auto& rows) { SmallMesh::add(rows, edge, 600); })), Kind::burst,
              edge.first, edge.second));
}

TEST_CASE("traffic of the day in the night") {
    SmallMesh mesh;
    const auto edge = mesh.edge(7);
    CHECK(has(found_with(after(day, hour, [&](auto& rows) { SmallMesh::add(rows, edge, 45); })), Kind::off_hours,
              edge.first, edge.second));
}

TEST_CASE("a ramp is found before it reaches ten times the norm, however slow") {
    const double days = GENERATE(1.0, 3.0, 8.0, 60.0, 120.0);
    const Interval from = 16 * day, lasting = Interval(days * day) + 1;
    SmallMesh mesh;
    const auto edge = mesh.edge(7);
    Baseline baseline({});
    mesh.play(baseline, from);
    const auto found = mesh.play(baseline, from + lasting, [&](Interval at, SmallMesh::Rows& rows) {
        if (rows.contains(edge)) rows[edge].count *= float(std::pow(10, double(at - from) / double(lasting)));
    });
    CHECK(std::ranges::any_of(found, [&](const auto& one) {
        return one.source == edge.first && one.destination == edge.second && one.alerts_per_day <= 1;
    }));
}

TEST_CASE("a scan, and its counterpart") {
    CHECK(has(found_with(after(5, 3, [](auto& rows) {
        for (NodeId to = 30; to < 42; ++to) SmallMesh::add(rows, {3, to}, 1);
    })), Kind::fan_out, 3, no_node));
    CHECK(has(found_with(after(5, 3, [](auto& rows) {
        for (NodeId from = 30; from < 42; ++from) SmallMesh::add(rows, {from, 3}, 1);
    })), Kind::fan_in, no_node, 3));
}

TEST_CASE("a beacon on a new edge") {
    const auto found = found_with([](Interval at, auto& rows) { if (at % 3 == 0) SmallMesh::add(rows, stranger, 1); });
    CHECK(has(found, Kind::beacon, stranger.first, stranger.second));
}

TEST_CASE("an edge that goes on from where another new edge led") {
    const auto found = found_with([](Interval at, auto& rows) {
        if (at == learned + 5) SmallMesh::add(rows, stranger, 2);
        if (at == learned + 8) SmallMesh::add(rows, {stranger.second, 17}, 2);
    });
    const auto chain = std::ranges::find(found, Kind::lateral, &Candidate::kind);
    REQUIRE(chain != found.end());
    CHECK(chain->via == stranger.first);
    CHECK(in_words(*chain).find("shortly before, w3 had reached w11") != std::string::npos);
}

TEST_CASE("an edge that falls silent while its source lives") {
    SmallMesh mesh;
    const auto edge = mesh.edge(7);
    const auto found = found_with(after(hour * 10, hour * 4, [&](auto& rows) { rows.erase(edge); }));
    REQUIRE(has(found, Kind::vanished, edge.first, edge.second));
    const auto dead = found_with(after(hour * 10, hour * 4,
                                       [&](auto& rows) {
                                           std::erase_if(rows, [&](const auto& row) {
                                               return row.first.first == edge.first || row.first.second == edge.first;
                                           });
                                       }),
                                 1000);
    CHECK(!has(dead, Kind::vanished, edge.first, edge.second));
}

TEST_CASE("a principal that an edge never used") {
    SmallMesh mesh;
    const auto edge = mesh.edge(7);
    const auto found = found_with([&](Interval at, auto& rows) {
        for (auto& [pair, row] : rows) row.principal = at == learned + day && pair == edge ? 2 : 1;
    });
    CHECK(has(found, Kind::identity, edge.first, edge.second));
    CHECK(std::ranges::count(found, Kind::identity, &Candidate::kind) == 1);
}

TEST_CASE("an interval that nobody saw is no burst and no silence") {
    SmallMesh mesh;
    Baseline baseline({});
    SmallMesh::Rows carried;
    std::vector<Candidate> found;
    for (Interval at = 0; at < learned + 2 * day; ++at) {
        for (const auto& [pair, row] : mesh.next()) SmallMesh::add(carried, pair, row.count);
        if (at % 10 == 3) continue;
        if (at == learned) found.clear();
        mesh.inspect(baseline, at, carried, found);
        carried.clear();
    }
    CHECK(std::ranges::count_if(found, [](const auto& one) { return one.alerts_per_day <= 1; }) <= 4);
}

TEST_CASE("the same rows give the same findings and scores, bit for bit") {
    std::vector<Candidate> found[2];
    std::vector<float> scores[2];
    for (int i : {0, 1}) {
        SmallMesh mesh(9);
        Baseline baseline({.max_edges = 70});
        found[i] = mesh.play(baseline, 9 * day, [](Interval at, auto& rows) {
            if (at % 97 == 0) SmallMesh::add(rows, {NodeId(at % 23), NodeId(at % 37)}, 3);
        });
        scores[i] = mesh.scores();
        CHECK(baseline.edges().forgotten() > 0);
    }
    REQUIRE(found[0].size() == found[1].size());
    REQUIRE(!found[0].empty());
    for (std::size_t i = 0; i < found[0].size(); ++i) {
        CHECK(in_words(found[0][i]) == in_words(found[1][i]));
        CHECK(std::memcmp(&found[0][i].alerts_per_day, &found[1][i].alerts_per_day, sizeof(double)) == 0);
    }
    CHECK(std::memcmp(scores[0].data(), scores[1].data(), scores[0].size() * sizeof(float)) == 0);
}

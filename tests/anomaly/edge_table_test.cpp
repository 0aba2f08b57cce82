#include "anomaly/edge_table.hpp"

#include <map>
#include <random>

#include "anomaly/silence.hpp"
#include "tests/catch.hpp"

using namespace meshwarden::anomaly;

TEST_CASE("edges are found again while the table grows, and stay where they are") {
    EdgeTable table(100'000);
    for (NodeId i = 0; i < 20'000; ++i) {
        const auto made = table.place(i % 100, i);
        REQUIRE(made.fresh);
        CHECK(made.slot == i);
        table[made.slot].rows = i;
    }
    const auto* first = &table[0];
    for (NodeId i = 20'000; i < 60'000; ++i) table.place(i % 100, i);
    CHECK(first == &table[0]);
    for (NodeId i = 0; i < 20'000; ++i) {
        const auto found = table.place(i % 100, i);
        REQUIRE(!found.fresh);
        REQUIRE(table[found.slot].rows == i);
    }
    CHECK(table.size() == 60'000);
    CHECK(table.forgotten() == 0);
}

TEST_CASE("a full table forgets one for each that comes, and counts it") {
    EdgeTable table(100);
    std::minstd_rand random(7);
    std::map<std::pair<NodeId, NodeId>, std::uint32_t> known;
    std::uint64_t forgotten = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::pair<NodeId, NodeId> edge{NodeId(random() % 20), NodeId(random() % 20)};
        const auto place = table.place(edge.first, edge.second);
        REQUIRE(place.fresh == !known.contains(edge));
        if (place.lost_source != no_node) {
            REQUIRE(known.erase({place.lost_source, place.lost_destination}) == 1);
            ++forgotten;
        }
        known[edge] = place.slot;
        table[place.slot].last = i;
        REQUIRE(table.size() <= 100);
    }
    CHECK(table.forgotten() == forgotten);
    CHECK(forgotten > 1000);
    for (const auto& [edge, slot] : known) CHECK(table.place(edge.first, edge.second).slot == slot);
}

TEST_CASE("an edge that lived long outlives those seen once") {
    EdgeTable table(64);
    table[table.place(1, 2).slot].rows = 1000;
    for (NodeId i = 10; i < 500; ++i) {
        const auto place = table.place(3, i);
        table[place.slot].last = Interval(i);
        table[place.slot].rows = 1;
    }
    CHECK(!table.place(1, 2).fresh);
}

TEST_CASE("each slot is due once, when its wait is over") {
    Silence silence;
    silence.wait(3, 0, 5);
    silence.wait(1, 0, 5);
    silence.wait(2, 0, 9);
    silence.wait(7, 0, 1'000'000);
    CHECK(silence.due(1, 4).empty());
    CHECK(silence.due(5, 5) == std::vector<std::uint32_t>{1, 3});
    CHECK(silence.due(6, 20) == std::vector<std::uint32_t>{2});
    CHECK(silence.due(21, 100'000) == std::vector<std::uint32_t>{7});
    CHECK(silence.due(100'001, 200'000).empty());
}

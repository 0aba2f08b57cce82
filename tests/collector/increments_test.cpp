// The decisions of the fold one by one, at their borders: what moved, what is wanted, what is needed, what is given.
#include "tests/collector/fold_bench.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using std::chrono::seconds;

namespace {

const Labels on_a = {{"__name__", "x"}, {"job", "pods"}, {"instance", "a:1"}};
const Labels targetless = {{"__name__", "x"}, {"pod", "a"}};

// One row with these counts.
struct Written {
    Answer answer;
    Rows rows;

    Written(const std::vector<Count>& counts, const Labels& labels = on_a)
        : answer(matrix({{labels, {{1, 1}}}})), rows(counter_rows(answer)) {
        rows.counts = counts;
        rows.rows[0].begin = 0;
        rows.rows[0].end = std::uint32_t(counts.size());
    }
    const Row& row() const { return rows.rows[0]; }
};

Count count(double time, double value, double base = 0) {
    return {at(time), value, base, 0};
}

// What was read last; time 0: nothing.
FoldBench knowing(const Count& last, const Labels& labels = on_a) {
    FoldBench bench(stalled_point);
    bench.known_from = at(0);
    if (last.at > at(0)) bench.read_rows(Written({last}, labels).rows);
    return bench;
}

std::vector<double> times_of(const FoldResult& result) {
    std::vector<double> times;
    for (const auto& item : result.items)
        for (const auto& point : item.update.points) times.push_back(to_epoch_seconds(point.at));
    return times;
}

std::optional<Time> maybe(double time) {
    return time == 0 ? std::nullopt : std::optional(at(time));
}

using Times = std::vector<double>;

}  // namespace

TEST_CASE("a row moved where a new sample differs from the last, or an unknown series stands above 0") {
    struct Case {
        Count last;
        std::vector<Count> read;
        bool moved;
    };
    const Case cases[] = {
        {count(0, 0), {count(100, 0, 0)}, false},
        {count(0, 0), {count(100, 1, 0)}, true},
        {count(0, 0), {count(100, 0, 1)}, true},
        {count(100, 5, 2), {count(100, 5, 2)}, false},
        {count(100, 5, 2), {count(100, 6, 2)}, false},
        {count(100, 5, 2), {count(90, 4, 2)}, false},
        {count(100, 5, 2), {count(115, 5, 2)}, false},
        {count(100, 5, 2), {count(115, 6, 2)}, true},
        {count(100, 5, 2), {count(115, 5, 3)}, true},
        {count(100, 5, 2), {count(115, 6, 3)}, true},
        {count(100, 5, 2), {count(115, 4, 2)}, true},
    };
    for (const auto& [last, read, moved] : cases) {
        const Written written(read);
        CAPTURE(to_epoch_seconds(last.at), to_epoch_seconds(read[0].at), read[0].value, read[0].base);
        CHECK(knowing(last).increments().moved(written.rows, written.row()) == moved);
    }
}

TEST_CASE("samples are wanted where a last value tells something new, or may hide something") {
    struct Case {
        Count last;
        double value, to;
        bool restarted;
        double since;  // 0: nothing is wanted
    };
    const Case cases[] = {
        {count(0, 0), 5, 119, false, 80},
        {count(100, 0), 5, 119, false, 80},
        {count(100, 5), 5, 119, false, 0},
        {count(100, 5), 6, 119, false, 100},
        {count(100, 5), 4, 119, false, 100},
        {count(100, 5), 5, 119, true, 100},
        {count(100, 5), 5, 129, false, 0},
        {count(100, 5), 5, 130, false, 100},
        {count(100, 5), 5, 130, true, 100},
    };
    for (const auto& [last, value, to, restarted, since] : cases) {
        auto bench = knowing(last);
        const Written written({count(to, value)});
        std::unordered_set<std::uint64_t> targets;
        if (restarted) targets.insert(written.row().target);
        CAPTURE(to_epoch_seconds(last.at), last.value, value, to, restarted);
        const Window window{at(110), at(to), seconds(15)};
        CHECK(bench.increments().wants(written.row(), value, window, targets) == maybe(since));
    }
}

TEST_CASE("a last value that told nothing new is taken note of") {
    auto bench = knowing(count(100, 5));
    const Written written({count(119, 5)});
    const auto wants = [&](double from, double to) {
        return bench.increments().wants(written.row(), 5, {at(from), at(to), seconds(15)}, {});
    };
    CHECK(wants(110, 119) == std::nullopt);
    CHECK(wants(112, 139) == std::nullopt);
    CHECK(wants(90, 141) == std::nullopt);
    CHECK(wants(112, 142) == at(112));
}

TEST_CASE("samples of a series that is followed are wanted all") {
    FoldBench bench;
    bench.read_rows(Written({count(1000, 5), count(1015, 6)}).rows);
    const Written written({count(1030, 6)});
    CHECK(bench.increments().wants(written.row(), 6, {at(1016), at(1030), seconds(15)}, {}) == at(1015));
}

TEST_CASE("a series was away where two scrapes or more lie before its first new sample") {
    struct Case {
        Count last;
        std::vector<Count> read;
        double since;  // 0: it was not
    };
    const Case cases[] = {
        {count(0, 0), {count(140, 5)}, 0},
        {count(100, 0), {count(140, 5)}, 0},
        {count(100, 5), {}, 0},
        {count(100, 5), {count(100, 5)}, 0},
        {count(100, 5), {count(129, 5)}, 0},
        {count(100, 5), {count(130, 5)}, 100},
        {count(100, 5), {count(100, 5), count(140, 5)}, 100},
        {count(100, 5), {count(115, 5), count(150, 5)}, 0},
    };
    for (const auto& [last, read, since] : cases) {
        const Written written(read);
        CAPTURE(to_epoch_seconds(last.at), last.value, read.size());
        CHECK(knowing(last).increments().away_since(written.rows, written.row(), seconds(15)) == maybe(since));
    }
}

TEST_CASE("facts are needed of targets whose series moved, came back, or stood while the process began anew") {
    struct Case {
        Count last;
        std::vector<Count> read;
        bool restarted;
        double oldest;  // 0: no facts are needed
        bool births;
    };
    const Case cases[] = {
        {count(100, 5), {count(115, 5)}, false, 0, false},
        {count(100, 5), {count(115, 6)}, false, 100, false},
        {count(100, 5), {count(115, 5)}, true, 100, false},
        {count(100, 5), {}, true, 0, false},
        {count(100, 0), {count(115, 0)}, true, 0, false},
        {count(100, 5), {count(130, 5)}, false, 100, true},  // its target may have had other labels meanwhile
        {count(0, 0), {count(115, 0)}, false, 0, false},
        {count(0, 0), {count(115, 0)}, true, 0, false},
        {count(0, 0), {count(115, 3)}, false, 115, true},
        {count(0, 0), {count(115, 0, 3)}, false, 115, true},
        {count(0, 0), {count(115, 0), count(130, 3)}, false, 115, false},
        // What begins within a scrape of the first read can have no older sample.
        {count(0, 0), {count(95, 3)}, false, 0, false},
        {count(0, 0), {count(104.9, 3)}, false, 0, false},
        {count(0, 0), {count(105, 3)}, false, 105, true},
        {count(95, 5), {count(99, 6)}, false, 95, false},
    };
    for (const auto& [last, read, restarted, oldest, births] : cases) {
        auto bench = knowing(last);
        const Written written(read);
        std::unordered_set<std::uint64_t> targets;
        if (restarted) targets.insert(written.row().target);
        Needs needs;
        bench.increments().need(written.rows, at(90), seconds(15), targets, needs);
        CAPTURE(to_epoch_seconds(last.at), last.value, read.size(), restarted);
        CHECK(needs.instances.size() == (oldest == 0 ? 0 : 1));
        CHECK(needs.oldest == (oldest == 0 ? Time::max() : at(oldest)));
        CHECK(needs.births == births);
    }
}

TEST_CASE("a need for births stays, and of a series without a target nothing is needed") {
    const auto read = [](const Labels& labels) {
        const Written written({count(115, 3)}, labels);
        Needs needs;
        needs.births = labels == on_a;
        knowing(count(100, 2), labels).increments().need(written.rows, at(0), seconds(15), {}, needs);
        return needs;
    };
    CHECK(read(on_a).births);
    CHECK(read(on_a).instances.size() == 1);
    CHECK(read(targetless).instances.empty());
}

TEST_CASE("a birth on an unwatched target may hide events, where it is above 0 and not of the first read") {
    struct Case {
        Count first;
        bool missed;
    };
    const Case cases[] = {
        {count(1029, 5), false}, {count(1030, 5), false}, {count(1031, 5), true},
        {count(1031, 0, 5), true}, {count(1031, 5, 5), true}, {count(1031, 0), false}, {count(975, 5), false},
    };
    for (const auto& [first, missed] : cases) {
        FoldBench bench(stalled_point);
        const auto result = bench.read_rows(Written({first}).rows);
        CAPTURE(to_epoch_seconds(first.at), first.value, first.base);
        CHECK(result.possibly_missed == missed);
        CHECK(result.items.empty());
    }
}

TEST_CASE("a birth on a watched target counts, of the value and of the base") {
    for (const auto& [value, base] : {std::pair{5.0, 0.0}, {0.0, 5.0}, {4.0, 5.0}}) {
        FoldBench bench(stalled_point);
        bench.seen(on_a, 1015);
        const auto result = bench.read_rows(Written({count(1030, value, base)}).rows);
        REQUIRE(result.items.size() == 1);
        REQUIRE(result.items[0].update.points.size() == 1);
        CHECK(result.items[0].update.points[0].increment == value);
        CHECK(result.items[0].update.points[0].base == base);
        CHECK_FALSE(result.possibly_missed);
    }
}

TEST_CASE("value and base rise together, and a fall of either is a reset of both") {
    struct Case {
        Count now;
        double value, base;
    };
    const Case cases[] = {
        {count(1015, 12, 5), 2, 0}, {count(1015, 10, 7), 0, 2}, {count(1015, 12, 7), 2, 2},
        {count(1015, 9, 6), 9, 6},  {count(1015, 11, 4), 11, 4}, {count(1015, 3, 2), 3, 2},
    };
    for (const auto& [now, value, base] : cases) {
        FoldBench bench(stalled_point);
        bench.read_rows(Written({count(1000, 10, 5)}).rows);
        const auto result = bench.read_rows(Written({now}).rows);
        CAPTURE(now.value, now.base);
        REQUIRE(result.items.size() == 1);
        CHECK(result.items[0].update.points.back().increment == value);
        CHECK(result.items[0].update.points.back().base == base);
    }
}

TEST_CASE("a series with any of the labels of one proxy is no sum") {
    struct Case {
        Labels labels;
        bool sum;
    };
    const Case cases[] = {
        {{{"__name__", "x"}, {"job", "j"}}, true},
        {{{"__name__", "x"}, {"instance", "a"}}, false},
        {{{"__name__", "x"}, {"pod", "a"}}, false},
        {{{"__name__", "x"}, {"kubernetes_pod_name", "a"}}, false},
    };
    for (const auto& [labels, sum] : cases) {
        FoldBench bench;
        bench.read_rows(Written({count(1000, 10)}, labels).rows);
        const auto result = bench.read_rows(Written({count(1015, 4)}, labels).rows);
        CHECK(result.aggregated == sum);
        CHECK(total(result) == (sum ? 0 : 4));
    }
}

TEST_CASE("what is given: the sample before a first increment, then every one, each once") {
    FoldBench bench;
    CHECK(times_of(bench.read_rows(Written({count(1000, 5), count(1015, 5)}).rows)).empty());
    const Written rise({count(1015, 5), count(1030, 6), count(1045, 8), count(1060, 8)});
    CHECK(times_of(bench.read_rows(rise.rows)) == Times{1015, 1030, 1045, 1060});
    CHECK(times_of(bench.read_rows(Written({count(1060, 8)}).rows)).empty());
    CHECK(times_of(bench.read_rows(Written({count(1075, 8), count(1090, 8)}).rows)) == Times{1075, 1090});
    // Followed too: how long the increment may have taken.
    CHECK(times_of(bench.read_rows(Written({count(1400, 9), count(1415, 9)}).rows)) == Times{1090, 1400, 1415});
}

TEST_CASE("a series is followed up to a quarter of an hour after its last increment, that moment included") {
    FoldBench bench;
    bench.read_rows(Written({count(1000, 5), count(1060, 6)}).rows);
    bench.forget_before(1060);
    CHECK(times_of(bench.read_rows(Written({count(1960, 6)}).rows)) == Times{1960});
    CHECK(times_of(bench.read_rows(Written({count(1975, 6)}).rows)) == Times{1975});
    CHECK(times_of(bench.read_rows(Written({count(1990, 6)}).rows)).empty());
}

TEST_CASE("what is always followed is given as it is, from its first sample on") {
    FoldBench bench(stalled_point, true);
    CHECK(times_of(bench.read_rows(Written({count(1000, 0)}).rows)) == Times{1000});
    CHECK(times_of(bench.read_rows(Written({count(1015, 1)}).rows)) == Times{1015});
    CHECK(times_of(bench.read_rows(Written({count(9000, 1)}).rows)) == Times{9000});
}

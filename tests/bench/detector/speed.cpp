#include "tests/bench/detector/speed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <iterator>

#include "anomaly/baseline.hpp"
#include "tests/bench/detector/midas.hpp"
#include "tests/bench/detector/ours.hpp"
#include "tests/bench/detector/random.hpp"

namespace meshwarden::bench {
namespace {

constexpr int rows_an_interval = 100'000;

// Many edges of which every interval shows some, chosen anew; the graph grows to its full size first.
Stream made_of(unsigned edges, int intervals) {
    Stream stream;
    Random random(edges);
    const auto nodes = std::max(50U, edges / 50);
    for (unsigned i = 0; i < nodes; ++i) stream.names.push_back(std::to_string(i));
    const auto row_of = [&](std::int64_t at, unsigned edge) {
        return LabelledRow{at, edge % nodes, (edge % nodes + 1 + edge / nodes) % nodes, float(1 + random.below(20)), 0};
    };
    const unsigned shown = std::min<unsigned>(edges, rows_an_interval);
    const int fill = int(edges / shown);
    for (int at = 0; at < fill + intervals; ++at) {
        const auto begin = at < fill ? unsigned(at) * shown : unsigned(random.below(edges));
        for (unsigned k = 0; k < shown; ++k) stream.rows.push_back(row_of(at, (begin + k) % edges));
    }
    stream.until = fill + intervals;
    return stream;
}

}  // namespace

std::string speed_tables() {
    std::string text =
        "| edges | rows an interval | rows/s | rows/s while it learns | bytes an edge | worst interval, CPU ms | "
        "MIDAS-R rows/s |\n|---|---|---|---|---|---|---|\n";
    auto out = std::back_inserter(text);
    for (const unsigned edges : {1000U, 10'000U, 100'000U, 1'000'000U}) {
        const auto stream = made_of(edges, edges >= 100'000 ? 40 : int(2'000'000 / edges));
        const auto run = run_ours(stream);
        double midas = 0;
        score_midas(stream, {Midas::relational, Counts::raw, 1024, 0.5}, &midas);
        fmt::format_to(out, "| {} | {} | {:.2f} M | {:.2f} M | {:.0f} | {:.1f} | {:.1f} M |\n", edges,
                       std::min<unsigned>(edges, rows_an_interval), run.rows_a_second / 1e6,
                       run.rows_a_second_learning / 1e6, run.bytes_an_edge, run.worst_interval_ms, midas / 1e6);
    }
    return text;
}

}  // namespace meshwarden::bench

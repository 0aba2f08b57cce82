#include "tests/bench/detector/ours.hpp"

#include <cmath>
#include <ctime>

#include "anomaly/baseline.hpp"

namespace meshwarden::bench {

Run run_ours(const Stream& stream, unsigned without) {
    Run run;
    run.scores.resize(stream.rows.size());
    anomaly::Baseline baseline({.interval_seconds = stream.interval_seconds, .without = without});
    std::vector<anomaly::Row> rows;
    std::vector<anomaly::Candidate> found;
    struct {
        double rows = 0, seconds = 0;
    } learning, after;
    for (std::size_t i = 0; i < stream.rows.size();) {
        auto j = i;
        rows.clear();
        found.clear();
        for (; j < stream.rows.size() && stream.rows[j].at == stream.rows[i].at; ++j)
            rows.push_back({stream.rows[j].source, stream.rows[j].destination, stream.rows[j].count, 0, 0});
        const auto begun = std::clock();
        baseline.inspect(stream.rows[i].at, rows, found, {run.scores.data() + i, j - i});
        const double took = double(std::clock() - begun) / CLOCKS_PER_SEC;
        auto& part = baseline.learning() ? learning : after;
        part.rows += double(j - i);
        part.seconds += took;
        run.worst_interval_ms = std::max(run.worst_interval_ms, took * 1e3);
        for (const auto& one : found)
            run.alerts.push_back({one.interval, one.source, one.destination, -std::log(one.alerts_per_day),
                                  std::string(to_string(one.kind))});
        i = j;
    }
    run.rows_a_second = after.rows / after.seconds;
    run.rows_a_second_learning = learning.rows / learning.seconds;
    run.edges = baseline.edges().size();
    run.bytes_an_edge = double(baseline.bytes()) / double(std::max<std::size_t>(run.edges, 1));
    return run;
}

}  // namespace meshwarden::bench

// Edge rows from a file of unknown origin: parsed line by line, and judged.
#include <cmath>
#include <vector>

#include "anomaly/baseline.hpp"
#include "anomaly/explain.hpp"
#include "anomaly/names.hpp"
#include "anomaly/row_parser.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden::anomaly;
using meshwarden::fuzz::promise;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto text = meshwarden::fuzz::text_of(data, size);
    RowParser parser;
    Names names;
    Baseline baseline({.interval_seconds = size % 2 ? 60.0 : 3600.0, .max_edges = 32});
    std::vector<Candidate> found;
    Interval last = -1;
    while (!text.empty()) {
        const auto end = text.find('\n');
        TextRow text_row;
        const auto line = parser.parse(text.substr(0, end), text_row);
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
        if (!line) {
            meshwarden::fuzz::promise_presentable(line.error().message, 300);
            continue;
        }
        if (*line != RowParser::Line::row || text_row.interval <= last) continue;
        last = text_row.interval;
        const Row row{names.number(text_row.source), names.number(text_row.destination), float(text_row.count),
                      text_row.principal.empty() ? 0 : names.number(text_row.principal) + 1,
                      text_row.source_version.empty() ? 0 : names.number(text_row.source_version) + 1};
        float score = 0;
        found.clear();
        baseline.inspect(last, {&row, 1}, found, {&score, 1});
        promise(std::isfinite(score), "a score is a number");
        promise(baseline.edges().size() <= 32, "memory is bounded");
        for (const auto& one : found) {
            promise(std::isfinite(one.alerts_per_day) && one.alerts_per_day > 0, "a rate is a number above 0");
            promise(!explain(one, [&](NodeId node) { return names.name(node); }, 60).empty(), "a finding says why");
        }
    }
    return 0;
}

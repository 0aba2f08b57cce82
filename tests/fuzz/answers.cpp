// What comes from a Prometheus: queries' answers, and the list of targets.
#include <algorithm>
#include <cmath>

#include "collector/rows.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden;
using namespace meshwarden::collector;
using fuzz::promise;

namespace {

constexpr std::size_t max_series = 50;

void look_at(const Answer& answer) {
    promise(answer.size() <= max_series, "no more series than asked for");
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const auto labels = answer.metric(i).labels();
        promise(std::ranges::is_sorted(labels, {}, &LabelView::name), "labels are in order");
        for (const auto& [name, value] : answer.metric(i).materialise())
            promise(name.size() <= Metric::max_value && value.size() <= Metric::max_value, "labels are bounded");
        const auto samples = answer.samples(i);
        promise(std::ranges::adjacent_find(samples, std::greater_equal{}, &Sample::at) == samples.end(), "times rise");
    }
}

void fold_in(const Rows& rows) {
    for (const auto& row : rows.rows)
        for (const auto& count : rows.of(row))
            promise(std::isfinite(count.value) && count.value >= 0, "counts are counts");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const int status = data[0] == 'E' ? 422 : 200;
    const auto body = fuzz::text_of(data + 1, size - 1);
    const auto answer = parse_answer(status, std::string(body), max_series);
    if (answer) {
        look_at(*answer);
        fold_in(counter_rows(*answer));
        fold_in(tail_rows(*answer, *answer));
        fold_in(stalled_rows(*answer, *answer, *answer));
    } else {
        fuzz::promise_presentable(answer.error().text, 1000);
    }
    if (const auto targets = parse_targets(status, std::string(body))) {
        promise(targets->longest >= Duration{0}, "a scrape takes no negative time");
    } else {
        fuzz::promise_presentable(targets.error().text, 1000);
    }
    return 0;
}

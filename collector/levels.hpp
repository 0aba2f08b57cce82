// Reads a gauge: its level at every tick, its history once after a start, and when a series went although its target
// did not fail. Owned by one signal reader.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "collector/questions.hpp"
#include "model/signal.hpp"

namespace meshwarden::collector {

class Levels {
public:
    using Describe = std::function<std::shared_ptr<const Series>(const Metric&)>;

    Levels(std::string selector, Describe describe);

    // `history`: how far back to read the first time.
    void ask(Time at, Duration history, std::string_view signal, Questions& questions);

    // The level of every series, or why it is not known; `failing`: keys of targets whose last scrape failed.
    std::optional<Cause> take(const Questions& questions, const std::unordered_set<std::uint64_t>& failing,
                              std::vector<SeriesUpdate>& updates);

private:
    struct Known {
        std::shared_ptr<const Series> series;
        std::uint64_t target = 0;
        Time seen;  // its last sample, or the tick that found it
    };

    void take_history(const Answer& answer, std::vector<SeriesUpdate>& updates);
    Known& known(const Metric& metric);

    std::string selector_;
    Describe describe_;
    bool history_read_ = false;
    Time at_;
    Questions::Id now_ = 0;
    std::optional<Questions::Id> history_;
    std::unordered_map<std::uint64_t, Known> known_;
};

}  // namespace meshwarden::collector

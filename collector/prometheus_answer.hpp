// A Prometheus' answer to a query as plain structs: series of samples. What came over the wire is hostile until it
// stands here. Values, immutable; not synchronised.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/series_key.hpp"
#include "model/labels.hpp"
#include "model/snapshot.hpp"
#include "model/time.hpp"

namespace meshwarden::collector {

struct Sample {
    Time at;
    double value = 0;  // may be NaN or infinite
    friend bool operator==(const Sample&, const Sample&) = default;
};

// The one at exactly `at`, none: the newest; null where there is none. `samples` in rising order.
const Sample* sample_at(std::span<const Sample> samples, std::optional<Time> at);

// The labels of one series; a view, valid as long as the Answer.
class Metric {
public:
    explicit Metric(std::span<const LabelView> labels) : labels_(labels) {}

    std::string_view get(std::string_view name) const;  // "" where absent
    std::span<const LabelView> labels() const { return labels_; }
    Labels materialise() const;  // values longer than max_value are cut

    static constexpr std::size_t max_value = 512;  // bytes

private:
    std::span<const LabelView> labels_;  // in rising order of names
};

// Cut to at most `size` bytes, never inside a UTF-8 character.
std::string_view cut_text(std::string_view text, std::size_t size);

class Answer {
public:
    struct Row {
        std::uint32_t labels_begin, labels_end;
        std::uint32_t samples_begin, samples_end;
    };

    Answer() = default;
    Answer(std::shared_ptr<const void> text, std::vector<LabelView> labels, std::vector<Sample> samples,
           std::vector<Row> rows);

    std::size_t size() const { return rows_.size(); }
    bool empty() const { return rows_.empty(); }
    Metric metric(std::size_t index) const;
    std::span<const Sample> samples(std::size_t index) const;  // rising times, each time once
    double scalar_or(double absent) const;  // the last value of the first series

private:
    std::shared_ptr<const void> text_;  // what the label views point into
    std::vector<LabelView> labels_;
    std::vector<Sample> samples_;
    std::vector<Row> rows_;
};

// A vector, matrix or scalar with HTTP status `status`. The error's code is partial, timeout, query_failed or
// too_many_series, its text bounded and without control characters.
std::expected<Answer, Cause> parse_answer(int status, std::string body, std::size_t max_series);

// Of /api/v1/targets.
struct ScrapeFacts {
    Duration interval{0};  // the commonest of the active targets; 0: none known
    Duration longest{0};   // the longest last scrape
};
std::expected<ScrapeFacts, Cause> parse_targets(int status, std::string body);

}  // namespace meshwarden::collector

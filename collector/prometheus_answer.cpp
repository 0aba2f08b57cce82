#include "collector/prometheus_answer.hpp"

#include <algorithm>

namespace meshwarden::collector {

std::string_view cut_text(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
    return text.substr(0, size);
}

const Sample* sample_at(std::span<const Sample> samples, std::optional<Time> at) {
    if (samples.empty()) return nullptr;
    if (!at) return &samples.back();
    const auto found = std::ranges::lower_bound(samples, *at, {}, &Sample::at);
    return found == samples.end() || found->at != *at ? nullptr : &*found;
}

std::string_view Metric::get(std::string_view name) const {
    const auto found = std::ranges::lower_bound(labels_, name, {}, &LabelView::name);
    return found != labels_.end() && found->name == name ? found->value : std::string_view();
}

Labels Metric::materialise() const {
    constexpr std::size_t max_labels = 128;
    std::vector<Labels::Pair> pairs;
    pairs.reserve(labels_.size());
    for (const auto& [name, value] : labels_.first(std::min(labels_.size(), max_labels))) {
        pairs.emplace_back(cut_text(name, max_value), cut_text(value, max_value));
    }
    return Labels(std::move(pairs));
}

Answer::Answer(std::shared_ptr<const void> text, std::vector<LabelView> labels, std::vector<Sample> samples,
               std::vector<Row> rows)
    : text_(std::move(text)), labels_(std::move(labels)), samples_(std::move(samples)), rows_(std::move(rows)) {}

Metric Answer::metric(std::size_t index) const {
    const Row& row = rows_[index];
    return Metric(std::span(labels_).subspan(row.labels_begin, row.labels_end - row.labels_begin));
}

std::span<const Sample> Answer::samples(std::size_t index) const {
    const Row& row = rows_[index];
    return std::span(samples_).subspan(row.samples_begin, row.samples_end - row.samples_begin);
}

double Answer::scalar_or(double absent) const {
    return rows_.empty() || samples(0).empty() ? absent : samples(0).back().value;
}

}  // namespace meshwarden::collector

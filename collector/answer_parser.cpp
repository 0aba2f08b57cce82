#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <span>

#include <fmt/format.h>
#include <simdjson.h>

#include "collector/prometheus_answer.hpp"

namespace meshwarden::collector {
namespace {

namespace dom = simdjson::dom;

std::unexpected<Cause> refuse(std::string_view code, std::string text) {
    return std::unexpected(Cause{std::string(code), std::move(text)});
}

std::unexpected<Cause> malformed(std::string_view what) {
    return refuse("query_failed", fmt::format("the answer is not what Prometheus' API gives: {}", what));
}

// What a server wrote, made fit to be shown.
std::string shown(std::string_view text) {
    std::string clean(cut_text(text, 300));
    for (char& c : clean)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    return clean;
}

std::string_view text_of(const dom::element& object, std::string_view key) {
    std::string_view text;
    if (object[key].get_string().get(text) != simdjson::SUCCESS) return {};
    return text;
}

// VictoriaMetrics tells it only among the labels that a target had before relabelling.
std::optional<Duration> scrape_interval_of(const dom::element& target) {
    if (const auto interval = parse_duration(text_of(target, "scrapeInterval"))) return *interval;
    dom::element labels;
    if (target["discoveredLabels"].get(labels) != simdjson::SUCCESS) return std::nullopt;
    const auto interval = parse_duration(text_of(labels, "__scrape_interval__"));
    return interval ? std::optional(*interval) : std::nullopt;
}

bool parse_time(const dom::element& element, Time& time) {
    constexpr double furthest = 1e11;
    double seconds = 0;
    if (element.get_double().get(seconds) != simdjson::SUCCESS) return false;  // takes integers too
    if (!(std::abs(seconds) < furthest)) return false;
    time = from_epoch_seconds(seconds);
    return true;
}

bool parse_value(const dom::element& element, double& value) {
    std::string_view text;
    if (element.get_string().get(text) != simdjson::SUCCESS || text.empty()) return false;
    if (text.front() == '+') text.remove_prefix(1);
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return stop == end && (error == std::errc() || error == std::errc::result_out_of_range);
}

bool parse_sample(const dom::element& element, Sample& sample) {
    dom::array pair;
    if (element.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2) return false;
    return parse_time(pair.at(0).value_unsafe(), sample.at) && parse_value(pair.at(1).value_unsafe(), sample.value);
}

// What label views point into.
class Texts {
public:
    std::string_view keep(std::string_view text) {
        if (text.size() > left_.size()) {
            const std::size_t size = std::max(chunk, text.size());
            chunks_.push_back(std::make_unique<char[]>(size));
            left_ = {chunks_.back().get(), size};
        }
        std::ranges::copy(text, left_.begin());
        const std::string_view kept(left_.data(), text.size());
        left_ = left_.subspan(text.size());
        return kept;
    }

private:
    static constexpr std::size_t chunk = 1 << 15;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::span<char> left_;
};

// Gathers rows into the flat arrays of an Answer.
class Gatherer {
public:
    bool add_series(const dom::element& element) {
        if (!rows_.empty()) before_ = {rows_.back().labels_begin, rows_.back().labels_end};
        Answer::Row row{};
        row.labels_begin = std::uint32_t(labels_.size());
        row.samples_begin = std::uint32_t(samples_.size());
        dom::element metric;
        if (element["metric"].get(metric) != simdjson::SUCCESS || !add_labels(metric)) return false;
        if (!add_samples(element)) return false;
        tidy(row.labels_begin, row.samples_begin);
        row.labels_end = std::uint32_t(labels_.size());
        row.samples_end = std::uint32_t(samples_.size());
        rows_.push_back(row);
        return true;
    }

    bool add_scalar(const dom::element& element) {
        samples_.emplace_back();
        rows_.push_back({0, 0, 0, 1});
        return parse_sample(element, samples_.back());
    }

    Answer finish() && {
        labels_.shrink_to_fit();
        samples_.shrink_to_fit();
        return Answer(std::move(texts_), std::move(labels_), std::move(samples_), std::move(rows_));
    }

private:
    bool add_labels(const dom::element& metric) {
        dom::object object;
        if (metric.get_object().get(object) != simdjson::SUCCESS) return false;
        for (const auto field : object) {
            std::string_view value;
            if (field.value.get_string().get(value) != simdjson::SUCCESS) return false;
            labels_.push_back(kept({field.key, value}));
        }
        return true;
    }

    // Neighbours have nearly all labels in common, so that little is kept beside the answer's many megabytes.
    LabelView kept(const LabelView& label) {
        const std::size_t same_place = before_.first + (labels_.size() - before_.second);
        const LabelView* before = same_place < before_.second ? &labels_[same_place] : nullptr;
        const auto keep = [&](std::string_view text, std::string_view LabelView::* part) {
            return before != nullptr && before->*part == text ? before->*part : texts_->keep(text);
        };
        return {keep(label.name, &LabelView::name), keep(label.value, &LabelView::value)};
    }

    bool add_samples(const dom::element& element) {
        dom::element found;
        if (element["value"].get(found) == simdjson::SUCCESS) {
            samples_.emplace_back();
            return parse_sample(found, samples_.back());
        }
        dom::array values;
        if (element["values"].get_array().get(values) == simdjson::SUCCESS) {
            for (const auto value : values) {
                samples_.emplace_back();
                if (!parse_sample(value, samples_.back())) return false;
            }
            return true;
        }
        // Native histograms have no plain samples; none of our families is one.
        return element["histogram"].error() == simdjson::SUCCESS || element["histograms"].error() == simdjson::SUCCESS;
    }

    void tidy(std::size_t first_label, std::size_t first_sample) {
        const auto labels = std::span(labels_).subspan(first_label);
        if (!std::ranges::is_sorted(labels, {}, &LabelView::name)) std::ranges::sort(labels, {}, &LabelView::name);
        const auto samples = std::span(samples_).subspan(first_sample);
        if (std::ranges::adjacent_find(samples, std::ranges::greater_equal{}, &Sample::at) == samples.end()) return;
        std::ranges::stable_sort(samples, {}, &Sample::at);
        const auto repeated = std::ranges::unique(samples, {}, &Sample::at);
        samples_.resize(samples_.size() - repeated.size());
    }

    std::shared_ptr<Texts> texts_ = std::make_shared<Texts>();
    std::pair<std::uint32_t, std::uint32_t> before_;  // the labels of the series before
    std::vector<LabelView> labels_;
    std::vector<Sample> samples_;
    std::vector<Answer::Row> rows_;
};

struct Parsed {
    std::string body;
    std::unique_ptr<dom::parser> parser;
    dom::element root;
};

std::unexpected<Cause> http_failure(int status) {
    return refuse(status == 503 || status == 504 ? "timeout" : "query_failed",
                  fmt::format("Prometheus answered HTTP {}", status));
}

// Why an answer lacks something; none: it is whole.
std::optional<Cause> lack_of(const dom::element& root) {
    dom::array warnings;
    if (root["warnings"].get_array().get(warnings) == simdjson::SUCCESS && warnings.size() > 0) {
        std::string_view first;
        if (warnings.at(0).get_string().get(first) != simdjson::SUCCESS) first = "no reason given";
        return Cause{"partial", shown(fmt::format("the answer is partial: {}", first))};
    }
    bool partial = false;
    if (root["isPartial"].get_bool().get(partial) == simdjson::SUCCESS && partial)
        return Cause{"partial", "the answer is partial: a storage node did not answer"};
    return std::nullopt;
}

// The envelope: a successful answer, or why not.
std::expected<Parsed, Cause> open_envelope(int status, std::string body) {
    Parsed parsed{std::move(body), std::make_unique<dom::parser>(), {}};
    const std::size_t size = parsed.body.size();
    parsed.body.resize(size + simdjson::SIMDJSON_PADDING);  // else it would be copied
    const auto error = parsed.parser->parse(parsed.body.data(), size, false).get(parsed.root);
    if (error != simdjson::SUCCESS || !parsed.root.is_object()) {
        if (status != 200) return http_failure(status);
        return malformed("no whole JSON object");
    }
    if (text_of(parsed.root, "status") != "success") {
        const std::string_view type = text_of(parsed.root, "errorType");
        if (type.empty()) return status != 200 ? http_failure(status) : malformed("no status");
        const bool slow = type == "timeout" || type == "canceled";
        return refuse(slow ? "timeout" : "query_failed",
                      shown(fmt::format("{}: {}", type, text_of(parsed.root, "error"))));
    }
    if (status != 200) return http_failure(status);
    return parsed;
}

Duration seconds_field(const dom::element& object, std::string_view key) {
    double seconds = 0;
    if (object[key].get_double().get(seconds) != simdjson::SUCCESS || !(seconds >= 0 && seconds < 1e6))
        return Duration{0};
    return Duration(std::int64_t(seconds * 1000));
}

}  // namespace

std::expected<Answer, Cause> parse_answer(int status, std::string body, std::size_t max_series) {
    auto parsed = open_envelope(status, std::move(body));
    if (!parsed) return std::unexpected(parsed.error());
    dom::element data;
    dom::element result;
    if (parsed->root["data"].get(data) != simdjson::SUCCESS || data["result"].get(result) != simdjson::SUCCESS) {
        return malformed("no data.result");
    }
    Gatherer gatherer;
    const std::string_view type = text_of(data, "resultType");
    if (type == "scalar") {
        if (!gatherer.add_scalar(result)) return malformed("a scalar that is none");
        return std::move(gatherer).finish();
    }
    if (auto lack = lack_of(parsed->root)) return std::unexpected(std::move(*lack));  // a scalar lacks nothing
    dom::array rows;
    if ((type != "vector" && type != "matrix") || result.get_array().get(rows) != simdjson::SUCCESS) {
        return malformed("neither vector nor matrix nor scalar");
    }
    std::size_t count = 0;
    for (const auto row : rows) {
        if (++count > max_series) {
            return refuse("too_many_series", fmt::format("the query matches more than {} series", max_series));
        }
        if (!gatherer.add_series(row)) return malformed("a series without labels or samples");
    }
    return std::move(gatherer).finish();
}

std::expected<ScrapeFacts, Cause> parse_targets(int status, std::string body) {
    auto parsed = open_envelope(status, std::move(body));
    if (!parsed) return std::unexpected(parsed.error());
    if (auto lack = lack_of(parsed->root)) return std::unexpected(std::move(*lack));
    dom::array targets;
    if (parsed->root["data"]["activeTargets"].get_array().get(targets) != simdjson::SUCCESS)
        return malformed("no targets");
    ScrapeFacts facts;
    std::map<Duration, int> intervals;
    for (const auto target : targets) {
        if (!target.is_object()) return malformed("a target that is no object");
        facts.longest = std::max(facts.longest, seconds_field(target, "lastScrapeDuration"));
        if (const auto interval = scrape_interval_of(target)) ++intervals[*interval];
    }
    const auto commonest = std::ranges::max_element(intervals, {}, [](const auto& entry) { return entry.second; });
    if (commonest != intervals.end()) facts.interval = commonest->first;
    return facts;
}

}  // namespace meshwarden::collector

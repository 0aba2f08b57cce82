#include "collector/part_reader.hpp"

#include <algorithm>

#include "collector/promql.hpp"

namespace meshwarden::collector {
namespace {

std::vector<std::string> selectors_of(const SignalSpec& spec, const SignalPart& part) {
    switch (spec.kind) {
        case SignalKind::histogram_tail:
            return {with_suffix(part.selector, "_count"),
                    with_matcher(with_suffix(part.selector, "_bucket"), bucket_matcher(part.bucket))};
        case SignalKind::ratio: return {part.selector, part.base};
        case SignalKind::stalled: return {part.selector, part.base, part.gate};
        default: return {part.selector};
    }
}

std::vector<Shape> shapes_of(SignalKind kind) {
    switch (kind) {
        case SignalKind::histogram_tail: return {tail_point};
        case SignalKind::ratio: return {counter_point, denominator_point};
        case SignalKind::stalled: return {stalled_point};
        default: return {counter_point};
    }
}

}  // namespace

PartReader::PartReader(const SignalSpec& spec, const SignalPart& part, const Options& options)
    : kind_(spec.kind),
      signal_(spec.name),
      selectors_(selectors_of(spec, part)),
      extract_(part.labels, options.trust_domains, options.cluster),
      reporters_(part.reporters) {
    const auto describe = [extract = extract_](const Metric& metric) {
        return std::make_shared<const Series>(Series{metric.materialise(), extract(metric)});
    };
    for (const Shape shape : shapes_of(kind_))
        streams_.push_back({Increments(describe, shape, kind_ == SignalKind::stalled), {}});
}

void PartReader::begin() {
    failure_.reset();
    updates_.clear();
    possibly_missed_ = false;
    aggregated_ = false;
}

void PartReader::fail(Cause cause) {
    failure_ = std::move(cause);
    asked_ = false;
    piece_ = std::max(shortest_piece, piece_ / 2);
}

void PartReader::ask(const Poll& poll, Questions& questions) {
    asked_ = behind(poll.now);
    if (!asked_) return;
    const bool first = !read_to_;
    if (first || poll.now - *read_to_ > longest_gap) {
        read_to_ = std::max(poll.start, poll.now - longest_gap);
        known_from_ = *read_to_;
        possibly_missed_ = !first;
    }
    piece_end_ = std::min(poll.now, *read_to_ + piece_);
    const Duration range = piece_end_ - *read_to_ + poll.margin;
    ids_.clear();
    for (const auto& selector : selectors_) ids_.push_back(questions.ask(with_range(selector, range), piece_end_, signal_));
}

void PartReader::lay_out(const Questions& questions) {
    const auto answer = [&](std::size_t index) -> const Answer& { return *questions[ids_[index]]; };
    switch (kind_) {
        case SignalKind::histogram_tail: streams_[0].rows = tail_rows(answer(0), answer(1)); break;
        case SignalKind::stalled: streams_[0].rows = stalled_rows(answer(0), answer(1), answer(2)); break;
        default:
            for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].rows = counter_rows(answer(i));
    }
}

void PartReader::take(const Questions& questions, Targets& targets) {
    if (!asked_) return;
    for (const auto id : ids_)
        if (!questions[id]) return fail(questions[id].error());
    lay_out(questions);
    for (const auto& stream : streams_) targets.note(stream.rows);
}

void PartReader::need(const Poll& poll, Needs& needs) const {
    if (!asked_) return;
    for (const auto& stream : streams_) 
        stream.fold.need(stream.rows, known_from_, poll.scrape_interval, poll.restarted, needs);
    if (!needs.instances.empty()) needs.latest = std::max(needs.latest, piece_end_);
}

bool PartReader::needs_facts(const Poll& poll) const {
    Needs needs;
    need(poll, needs);
    return !needs.instances.empty();
}

void PartReader::ask_reporters(Questions& more) {
    if (!asked_) return;
    const Stream& stream = streams_.front();
    reporters_.ask(stream.rows, [&](const Row& row) { return stream.fold.moved(stream.rows, row); }, piece_end_, signal_,
                   more);
}

void PartReader::fold(const Questions& more, const std::expected<TargetFacts, Cause>& facts, const Targets& targets,
                      const Poll& poll) {
    if (!asked_) return;
    if (!facts && needs_facts(poll)) return fail(facts.error());
    asked_ = false;
    if (auto cause = reporters_.take(more)) return fail(std::move(*cause));
    static const TargetFacts none;
    const World world{targets, facts ? *facts : none, poll.scrape_interval};
    for (auto& stream : streams_) {
        auto result = stream.fold.fold(stream.rows, known_from_, world);
        for (auto& item : result.items) {
            if (reporters_.counts(stream.rows.rows[item.row].metric)) updates_.push_back(std::move(item.update));
        }
        possibly_missed_ = possibly_missed_ || result.possibly_missed;
        aggregated_ = aggregated_ || result.aggregated;
        stream.fold.forget_before(piece_end_ - Targets::memory);
        stream.rows = {};
    }
    read_to_ = piece_end_;
    piece_ = std::min(longest_piece, piece_ * 2);
}

}  // namespace meshwarden::collector

#include "collector/part_reader.hpp"

#include <algorithm>
#include <map>

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

std::string above_zero(const std::string& samples) {
    return "last_over_time(" + samples + ") > 0";
}

struct Group {
    Time since;
    std::vector<std::string> instances;
};

// Of targets that are wanted from about the same time on a few hundred together.
std::vector<Group> grouped(const std::map<std::string_view, Time>& wanted) {
    constexpr std::size_t most = 200;
    std::vector<std::pair<Time, std::string_view>> by_time;
    for (const auto& [instance, since] : wanted) by_time.emplace_back(since, instance);
    std::ranges::sort(by_time);
    std::vector<Group> groups;
    for (const auto& [since, instance] : by_time) {
        if (groups.empty() || groups.back().instances.size() == most) groups.push_back({since, {}});
        groups.back().instances.emplace_back(instance);
    }
    return groups;
}

std::vector<Shape> shapes_of(SignalKind kind) {
    switch (kind) {
        case SignalKind::histogram_tail: return {tail_point};
        case SignalKind::ratio: return {counter_point, denominator_point};
        case SignalKind::stalled: return {stalled_point};
        default: return {counter_point};
    }
}

// So long a piece that no series has two samples in its window, of which the last value would tell one only.
Duration glance_of(const Poll& poll) {
    return std::max(poll.scrape_interval - poll.margin - Duration(1), Duration{0});
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
    possibly_missed_ = std::exchange(history_lost_, false);
    aggregated_ = false;
}

void PartReader::fail(Cause cause) {
    failure_ = std::move(cause);
    asked_ = false;
    piece_ = std::max(shortest_piece, piece_ / 2);
}

// A family too large to be read whole can still be watched, from now on, where it is above 0.
void PartReader::fail_to_read(const Cause& cause) {
    if (narrow_ || kind_ != SignalKind::counter || cause.code != "too_many_series") return fail(cause);
    read_to_ = known_from_ = now_;
    history_lost_ = true;
    fail({"partial", cause.text + ": what happened up to now cannot be read, what comes can"});
}

bool PartReader::far_behind(const Poll& poll) const {
    return behind(poll.now) && (!read_to_ || poll.now - *read_to_ > most_glances * poll.scrape_interval);
}

void PartReader::ask(const Poll& poll, Questions& questions) {
    asked_ = behind(poll.now);
    if (!asked_) return;
    const bool first = !read_to_;
    now_ = poll.now;
    ids_.clear();
    if (first || poll.now - *read_to_ > longest_gap) {
        read_to_ = std::max(poll.start(signal_), poll.now - longest_gap);
        known_from_ = *read_to_;
        possibly_missed_ = !first;
    }
    const Duration glance = glance_of(poll);
    narrow_ = kind_ == SignalKind::counter && !first && poll.now - *read_to_ <= most_glances * glance;
    piece_end_ = std::min(poll.now, *read_to_ + (narrow_ ? std::min(piece_, glance) : piece_));
    for (const auto& selector : selectors_) {
        const std::string samples = with_range(selector, range(poll));
        ids_.push_back(questions.ask(narrow_ ? above_zero(samples) : samples, piece_end_, signal_));
    }
}

void PartReader::ask_samples(const Poll& poll, const Questions& questions, Questions& samples) {
    sample_ids_.clear();
    if (!asked_ || kind_ != SignalKind::counter || !questions[ids_.front()]) return;
    const Window window{piece_end_ - range(poll), piece_end_, poll.scrape_interval};
    Increments& fold = streams_.front().fold;
    const Rows rows = counter_rows(*questions[ids_.front()]);
    std::map<std::string_view, Time> wanted;  // instance -> since when
    for (const Row& row : rows.rows) {
        if (rows.of(row).empty()) continue;
        const auto since = narrow_ ? fold.wants(row, rows.of(row).back().value, window, poll.restarted)
                                   : fold.away_since(rows, row, poll.scrape_interval);
        if (!since) continue;
        const auto entry = wanted.try_emplace(row.metric.get("instance"), *since).first;
        entry->second = std::min(entry->second, *since);
    }
    for (const auto& group : grouped(wanted)) {
        const std::string selector = with_matcher(selectors_.front(), matcher_of("instance", group.instances));
        sample_ids_.push_back(samples.ask(with_range(selector, piece_end_ - group.since), piece_end_, signal_));
    }
}

void PartReader::lay_out(const Questions& questions, const Questions& samples) {
    const auto answer = [&](std::size_t index) -> const Answer& { return *questions[ids_[index]]; };
    switch (kind_) {
        case SignalKind::histogram_tail: streams_[0].rows = tail_rows(answer(0), answer(1)); break;
        case SignalKind::stalled: streams_[0].rows = stalled_rows(answer(0), answer(1), answer(2)); break;
        case SignalKind::counter:
            streams_[0].rows = {};
            // What reaches back further comes first: a fold takes samples in their order.
            for (const auto id : sample_ids_) add_counter_rows(*samples[id], streams_[0].rows);
            if (!narrow_) add_counter_rows(answer(0), streams_[0].rows);
            break;
        default:
            for (std::size_t i = 0; i < streams_.size(); ++i) streams_[i].rows = counter_rows(answer(i));
    }
}

void PartReader::take(const Questions& questions, const Questions& samples, Targets& targets) {
    if (!asked_) return;
    for (const auto id : ids_)
        if (!questions[id]) return fail_to_read(questions[id].error());
    for (const auto id : sample_ids_)
        if (!samples[id]) return fail(samples[id].error());
    lay_out(questions, samples);
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
    reporters_.ask(
        stream.rows, [&](const Row& row) { return stream.fold.moved(stream.rows, row); }, piece_end_, signal_, more);
}

void PartReader::fold(const Questions& more, const std::expected<TargetFacts, Cause>& facts, const Targets& targets,
                      const Poll& poll) {
    if (!asked_) return;
    if (!facts && needs_facts(poll)) return fail(facts.error());
    asked_ = false;
    if (auto cause = reporters_.take(more)) return fail(std::move(*cause));
    static const TargetFacts none;
    const World world{targets, facts ? *facts : none, poll.scrape_interval};
    std::size_t samples = 0;
    for (auto& stream : streams_) {
        samples += stream.rows.counts.size();
        auto result = stream.fold.fold(stream.rows, known_from_, world);
        for (auto& item : result.items) {
            const Metric& metric = stream.rows.rows[item.row].metric;
            if (!reporters_.counts(metric)) continue;
            reporters_.count_once(metric, item.update);
            updates_.push_back(std::move(item.update));
        }
        possibly_missed_ = possibly_missed_ || result.possibly_missed;
        aggregated_ = aggregated_ || result.aggregated;
        stream.fold.forget_before(piece_end_ - Targets::memory);
        stream.rows = {};
    }
    read_to_ = piece_end_;
    piece_ = samples > handy ? std::max(shortest_piece, piece_ / 2) : std::min(longest_piece, piece_ * 2);
}

}  // namespace meshwarden::collector

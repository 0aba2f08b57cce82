#include "collector/collector.hpp"

#include <algorithm>
#include <expected>
#include <map>
#include <set>
#include <span>

#include <fmt/format.h>

#include "collector/edges.hpp"
#include "collector/schedule.hpp"
#include "collector/signal_reader.hpp"

namespace meshwarden::collector {
namespace {

constexpr Duration shortest_horizon = std::chrono::minutes(5);
constexpr Duration clock_tolerance = std::chrono::seconds(30);
constexpr Duration longest_silence = std::chrono::minutes(2);  // of those that send samples
constexpr Duration longest_restart_range = std::chrono::hours(2);
constexpr const char* targets_signal = "targets";

std::vector<std::string> target_labels() {
    return {"cluster", "job", "instance", "namespace", "pod", "kubernetes_namespace", "kubernetes_pod_name"};
}

}  // namespace

struct Collector::Impl {
    Impl(Options given, std::vector<SignalSpec> signals, io::HttpClient& http, ::prometheus::Registry& registry,
         std::shared_ptr<const io::Clock> the_clock);

    Snapshot poll(std::optional<Time> cursor, const Horizon& horizon, std::stop_token stop);
    Snapshot unreachable(std::optional<Time> cursor, const std::string& cause);
    void read_targets(Time now, std::stop_token stop);
    std::expected<Time, Cause> read_newest(Time now, std::stop_token stop);
    void first_round(const Poll& poll, Snapshot& snapshot, std::stop_token stop);
    void take_failing(const Outcome& up, Snapshot& snapshot, Time now);
    Duration restart_range(const Poll& poll) const;
    void take_restarts(const Outcome& restarts);
    void take_liveness(const Questions& questions, Time now);
    void take_samples(const Poll& poll, const Questions& questions, std::stop_token stop);
    void ask_census(Time now, Questions& questions);
    void take_census(const Questions& questions, Snapshot& snapshot, Time now);
    void catch_up(const Poll& poll, std::stop_token stop);
    void send(Questions& questions, std::stop_token stop);
    Liveness* liveness_of(const SignalSpec& spec, const SignalPart& part);

    Options options;
    Metrics metrics;
    Door door;
    std::shared_ptr<const io::Clock> clock;
    Schedule schedule;
    std::map<std::tuple<std::string, std::string, bool>, std::unique_ptr<Liveness>> liveness;
    std::map<const Liveness*, std::string> liveness_signal;
    std::vector<SignalReader> readers;
    Edges edges;
    Targets targets;

    std::optional<Time> last;              // now of the last good probe
    std::optional<Time> polled_to;         // now of the last poll in which nothing failed
    Duration skew{0};                      // Prometheus' clock less ours
    double target_count = 0;
    struct Census {
        Time due;
        std::optional<Questions::Id> count, latest;
        std::map<Time, Questions::Id> past;
        bool past_read = false;
    } census;
    std::vector<Labels> failing;
    std::unordered_set<std::uint64_t> failing_keys;
    std::unordered_set<std::uint64_t> restarted;
    bool liveness_asked = false;
    Duration took{0};                      // by the questions of this poll, one round after the other
};

Collector::Impl::Impl(Options given, std::vector<SignalSpec> signals, io::HttpClient& http,
                      ::prometheus::Registry& registry, std::shared_ptr<const io::Clock> the_clock)
    : options(std::move(given)),
      metrics(registry, options.name),
      door{options, http, metrics},
      clock(std::move(the_clock)),
      schedule(options.poll_interval),
      edges(signals, options) {
    for (auto& spec : signals) {
        std::vector<const Liveness*> of_parts;
        for (const auto& part : spec.parts) of_parts.push_back(liveness_of(spec, part));
        readers.emplace_back(std::move(spec), options, std::move(of_parts));
    }
}

Liveness* Collector::Impl::liveness_of(const SignalSpec& spec, const SignalPart& part) {
    auto& entry = liveness[{live_question(spec, part), part.expected, part.on_demand}];
    if (!entry) {
        entry = std::make_unique<Liveness>(live_question(spec, part), part.expected, part.on_demand);
        liveness_signal[entry.get()] = spec.name;
    }
    return entry.get();
}

Snapshot Collector::Impl::unreachable(std::optional<Time> cursor, const std::string& cause) {
    Snapshot snapshot;
    snapshot.prometheus = options.name;
    snapshot.unreachable_cause = cause;
    // Time goes on while nobody answers; what it is there follows from when somebody last did.
    const Time guess = clock->now() + skew;
    snapshot.since = cursor.value_or(last.value_or(guess));
    snapshot.at = std::max(guess, std::max(snapshot.since, last.value_or(guess)));
    snapshot.scrape_interval = schedule.scrape_interval();
    snapshot.failing_targets = failing;
    for (const auto& reader : readers) snapshot.readings.push_back(SignalReader::unreachable(reader.spec(), cause));
    metrics.polled(snapshot);
    return snapshot;
}

void Collector::Impl::send(Questions& questions, std::stop_token stop) {
    if (questions.empty()) return;
    const Time before = clock->now();
    questions.send(door, stop);
    took += clock->now() - before;
}

void Collector::Impl::read_targets(Time now, std::stop_token stop) {
    if (!schedule.targets_due(now)) return;
    const Time before = clock->now();
    const auto facts = ask_targets(door, stop);
    if (!facts) metrics.failed(targets_signal, facts.error().code);
    schedule.targets_read(now, facts ? &*facts : nullptr, clock->now() - before);
}

// How many targets there are, and when anything at all was scraped last: it changes with scrapes, not with polls.
void Collector::Impl::ask_census(Time now, Questions& questions) {
    census.count.reset();
    census.latest.reset();
    census.past.clear();
    if (now < census.due && !liveness_asked) return;
    census.due = now + schedule.census_interval();
    census.count = questions.ask("count(up)", now, targets_signal);
    census.latest = questions.ask("max(timestamp(up))", now, targets_signal);
    if (census.past_read) return;
    for (const int minutes : {60, 45, 30, 15})
        census.past[now - std::chrono::minutes(minutes)] =
            questions.ask(fmt::format("count(up offset {}m)", minutes), now, targets_signal);
}

void Collector::Impl::take_census(const Questions& questions, Snapshot& snapshot, Time now) {
    if (!census.count) return;
    census.past_read = true;
    for (const auto& [at, id] : census.past)
        if (const auto& listed = questions[id]; listed && !listed->empty())
            snapshot.past_targets.emplace_back(at, int(listed->scalar_or(0)));
    const auto& count = questions[*census.count];
    if (count && std::exchange(target_count, count->scalar_or(0)) != count->scalar_or(0))
        schedule.liveness_changed(now);
    const auto& latest = questions[*census.latest];
    const double seconds = latest ? latest->scalar_or(0) : 0;
    if (seconds > 0 && seconds <= to_epoch_seconds(now)) targets.note_time(from_epoch_seconds(seconds));
}

void Collector::Impl::take_failing(const Outcome& up, Snapshot& snapshot, Time now) {
    if (up) {
        std::vector<Labels> fresh;
        std::unordered_set<std::uint64_t> keys;
        for (std::size_t i = 0; i < up->size(); ++i) {
            fresh.push_back(up->metric(i).materialise().only(target_labels()));
            keys.insert(target_key(up->metric(i)));
        }
        if (keys != failing_keys) schedule.liveness_changed(now);
        failing = std::move(fresh);
        failing_keys = std::move(keys);
    }
    snapshot.failing_targets = failing;
    snapshot.targets = int(target_count);
}

// Back to the sample before the oldest that is new.
Duration Collector::Impl::restart_range(const Poll& poll) const {
    const Time from = std::max<Time>(polled_to.value_or(poll.earliest()), poll.now - longest_restart_range);
    return poll.now - from + poll.margin + 3 * poll.scrape_interval;
}

void Collector::Impl::take_restarts(const Outcome& restarts) {
    restarted.clear();
    for (std::size_t i = 0; restarts && i < restarts->size(); ++i) restarted.insert(target_key(restarts->metric(i)));
}

void Collector::Impl::take_liveness(const Questions& questions, Time now) {
    if (!liveness_asked) return;
    for (auto& [question, one] : liveness) {
        one->take(questions);
        // Narrow questions show few samples, and do not tell which targets there are.
        for (const auto target : one->targets()) targets.note_alive(target, now);
    }
    schedule.liveness_read(now, took);
}

void Collector::Impl::take_samples(const Poll& poll, const Questions& questions, std::stop_token stop) {
    Questions samples;
    for (auto& reader : readers) reader.ask_samples(poll, questions, samples);
    send(samples, stop);
    for (auto& reader : readers) reader.take(questions, samples, failing_keys, targets);
    Needs needs;
    Questions more;
    for (const auto& reader : readers) reader.need(poll, needs);
    const FactFinder finder(needs, poll.scrape_interval, more);
    for (auto& reader : readers) reader.ask_reporters(more);
    send(more, stop);
    const auto facts = finder.take(more);
    for (auto& reader : readers) reader.fold(more, facts, targets, poll);
}

void Collector::Impl::first_round(const Poll& poll, Snapshot& snapshot, std::stop_token stop) {
    Questions questions;
    const auto up = questions.ask("up == 0", poll.now, targets_signal);
    const auto restarts =
        questions.ask(TargetFacts::restarts_question(restart_range(poll), poll.now), poll.now, targets_signal);
    liveness_asked = schedule.liveness_due(poll.now);
    ask_census(poll.now, questions);
    if (liveness_asked)
        for (auto& [question, one] : liveness) one->ask(poll.now, liveness_signal[one.get()], questions);
    edges.ask(poll.now, questions);
    for (auto& reader : readers) {
        reader.begin(poll);
        if (!reader.far_behind(poll)) reader.ask(poll, questions);
    }
    send(questions, stop);
    take_census(questions, snapshot, poll.now);
    take_failing(questions[up], snapshot, poll.now);
    take_restarts(questions[restarts]);
    take_liveness(questions, poll.now);
    edges.take(questions, snapshot);
    take_samples(poll, questions, stop);
}

// A gap too long for one question is read piece by piece; long histories are large, so one signal after the other.
void Collector::Impl::catch_up(const Poll& poll, std::stop_token stop) {
    const auto round = [&](std::span<SignalReader> some) {
        Questions questions;
        for (auto& reader : some) reader.ask(poll, questions);
        send(questions, stop);
        take_samples(poll, questions, stop);
    };
    for (auto& reader : readers)
        while (!stop.stop_requested() && reader.far_behind(poll)) round({&reader, 1});
    const auto behind = [&](const SignalReader& reader) { return reader.behind(poll.now); };
    while (!stop.stop_requested() && std::ranges::any_of(readers, behind)) round(readers);
}

// Samples that others send come late, and all that came by a time is known only once the newest is from then: that time
// is now. Nothing that stopped coming is taken for silence.
std::expected<Time, Cause> Collector::Impl::read_newest(Time now, std::stop_token stop) {
    if (!schedule.receives()) return now;
    Questions questions;
    const auto id = questions.ask("max(timestamp(up))", now, targets_signal);
    send(questions, stop);
    const auto& latest = questions[id];
    const double seconds = latest ? latest->scalar_or(0) : 0;
    if (seconds <= 0) return now;
    const Time newest = std::min(now, from_epoch_seconds(seconds));
    if (now - newest <= longest_silence + 2 * schedule.scrape_interval()) return newest;
    const auto age = to_string(now - newest);
    return std::unexpected(
        Cause{"unreachable", fmt::format("it scrapes nothing itself, and what was sent to it last is {} old", age)});
}

Snapshot Collector::Impl::poll(std::optional<Time> cursor, const Horizon& horizon, std::stop_token stop) {
    took = Duration{0};
    const Time asked = clock->now();
    const auto time = ask_time(door, stop);
    if (!time) return unreachable(cursor, time.error().text);
    if (last && *time < *last - clock_tolerance) {
        return unreachable(cursor,
                           fmt::format("its clock was set back from {} to {}", to_rfc3339(*last), to_rfc3339(*time)));
    }
    skew = *time - asked;
    read_targets(*time, stop);
    const auto newest = read_newest(*time, stop);
    if (!newest) return unreachable(cursor, newest.error().text);
    const Time now = std::max(*newest, last.value_or(*newest));
    const auto before = std::exchange(last, now);

    Snapshot snapshot;
    snapshot.prometheus = options.name;
    snapshot.reachable = true;
    // A cursor far ahead was saved while that clock was wrong: until then nothing would be seen.
    const bool ahead = cursor && *cursor > *time + clock_tolerance;
    snapshot.since = cursor && !ahead ? *cursor : before.value_or(now);
    snapshot.at = std::max(now, snapshot.since);
    snapshot.scrape_interval = schedule.scrape_interval();
    const Duration back = std::max({horizon.back, shortest_horizon, 2 * schedule.scrape_interval()});
    const Poll poll{now,
                    std::min(snapshot.since, now),
                    back,
                    horizon.settled,
                    schedule.scrape_interval(),
                    schedule.margin(),
                    restarted};
    first_round(poll, snapshot, stop);
    catch_up(poll, stop);
    for (auto& reader : readers) {
        snapshot.readings.push_back(reader.finish(snapshot, edges));
        if (reader.surprised()) schedule.liveness_changed(now);
    }
    const bool whole = std::ranges::none_of(readers, [](const SignalReader& reader) { return reader.failed(); });
    if (whole) polled_to = now;
    targets.forget_before(now - 2 * Targets::memory - back);
    if (before) schedule.polled(took);
    metrics.polled(snapshot);
    return snapshot;
}

Collector::Collector(Options options, std::vector<SignalSpec> signals, io::HttpClient& http,
                     ::prometheus::Registry& registry, std::shared_ptr<const io::Clock> clock)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(signals), http, registry, std::move(clock))) {}

Collector::~Collector() = default;

Snapshot Collector::poll(std::optional<Time> cursor, const Horizon& horizon, std::stop_token stop) {
    return impl_->poll(cursor, horizon, stop);
}

std::expected<std::size_t, Cause> Collector::read_past(Time from, Time to, Duration step,
                                                       const std::function<void(Snapshot)>& take,
                                                       std::stop_token stop) {
    return impl_->edges.read_past(impl_->door, {from, to, step}, take, stop);
}

Duration Collector::interval() const {
    return impl_->schedule.interval();
}

}  // namespace meshwarden::collector

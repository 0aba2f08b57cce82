#include "anomaly/edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "anomaly/saved_time.hpp"
#include "model/graph.hpp"

namespace meshwarden::anomaly {
namespace {

using nlohmann::json;

constexpr double most_growth = 3;             // of the usual, in what one movement may teach
constexpr double gap_half_life = 24 * 3600;   // seconds
constexpr int most_movements = 1'000'000;
constexpr Duration longest_outage = std::chrono::hours(1);

// A burst and a long silence teach little: what counts is how the edge mostly is.
void learn_pace(Edge& edge, double events, double silent) {
    const bool steady = edge.movements >= movements_to_know;
    const double pace = events / silent;
    const double known = to_epoch_seconds(edge.last_seen) - to_epoch_seconds(edge.first_seen);
    const double taken = steady ? std::min(pace, most_growth * edge.usual_rate) : pace;
    edge.usual_rate += (taken - edge.usual_rate) * silent / (known + silent);
    const double faded = edge.longest_gap * std::exp2(-silent / gap_half_life);
    edge.longest_gap = std::max(faded, steady ? std::min(silent, most_growth * edge.longest_gap) : silent);
}

// Of one edge some calls may be plaintext: that must show.
std::string_view weaker(std::string_view one, std::string_view other) {
    if (one == "none" || other == "none") return "none";
    return one.empty() ? other : one;
}

void add(std::vector<std::string>& kept, std::string_view value) {
    if (!value.empty() && std::ranges::find(kept, value) == kept.end()) kept.emplace_back(value);
}

void learn(std::vector<std::string>& known, const std::vector<std::string>& shown) {
    for (const auto& value : shown) add(known, value);
    if (known.size() > most_principals) known.erase(known.begin(), known.end() - most_principals);
}

// A mean that fades: polls come more often than scrapes, so that most bring nothing, and some much.
double rate_after(double before, double events, double seconds) {
    constexpr double memory = 60;  // seconds
    if (seconds <= 0) return before;
    return before + (events / seconds - before) * -std::expm1(-seconds / memory);
}

// Pods that go take their counts with them: that is no traffic. Where they only cannot be scraped they come back with
// it, one after the other: until all are back what comes cannot be told from that. Where all had gone, those that come
// begin from zero.
double events_of(Edge& edge, double total, bool may_fail) {
    if (!may_fail) edge.owed = 0;
    const double change = total - std::exchange(edge.total, total);
    if (change < 0) {
        if (edge.absent && !may_fail) {
            edge.unseen = 0;
            return total;
        }
        edge.owed -= change;
        return 0;
    }
    const double back = std::min(change, edge.owed);
    edge.owed -= back;
    return change - back;
}

json entry_of(const Edge& edge) {
    auto labels = json::object();
    for (const auto& [name, value] : edge.labels) labels[name] = value;
    return {labels, saved_time(edge.first_seen), saved_time(edge.last_seen), edge.total, edge.longest_gap,
            edge.usual_rate, edge.movements, edge.expected, edge.missed, saved_time(edge.since), edge.events, edge.rate,
            edge.untold, edge.owed, edge.score, edge.principals, edge.absent, edge.unseen, edge.by_caller};
}

// Older versions saved less of an edge.
Edge edge_from(const json& entry) {
    std::vector<Labels::Pair> labels;
    for (const auto& [name, value] : entry.at(0).items()) labels.emplace_back(name, value.get<std::string>());
    Edge edge;
    edge.labels = Labels(std::move(labels));
    edge.first_seen = time_of(entry.at(1));
    edge.last_seen = time_of(entry.at(2));
    edge.total = entry.at(3).get<double>();
    edge.longest_gap = entry.at(4).get<double>();
    edge.usual_rate = entry.at(5).get<double>();
    edge.movements = entry.at(6).get<int>();
    edge.expected = entry.at(7).get<bool>();
    edge.missed = entry.size() > 8 && entry.at(8).get<bool>();
    const bool has_presence = entry.size() > 12;
    edge.since = has_presence ? time_of(entry.at(9)) : edge.first_seen;
    edge.events = has_presence
                      ? entry.at(10).get<double>()
                      : edge.usual_rate * (to_epoch_seconds(edge.last_seen) - to_epoch_seconds(edge.since));
    edge.rate = has_presence ? entry.at(11).get<double>() : 0;
    edge.untold = has_presence && entry.at(12).get<bool>();
    if (entry.size() > 13) {
        edge.owed = entry.at(13).get<double>();
        edge.score = entry.at(14).get<double>();
        edge.principals = entry.at(15).get<std::vector<std::string>>();
        edge.absent = entry.at(16).get<bool>();
        edge.unseen = entry.at(17).get<int>();
        edge.by_caller = entry.size() > 18 && entry.at(18).get<bool>();
    } else {
        add(edge.principals, edge.labels.get("source_principal"));
    }
    return edge;
}

}  // namespace

std::string source_name(const Labels& labels) { return source_of(labels).local(); }
std::string destination_name(const Labels& labels) { return destination_of(labels).local(); }

std::string arrow(const Labels& labels) {
    return fmt::format("{} -> {}", source_name(labels), destination_name(labels));
}

TopologyEdge shown(const Edge& edge) {
    const auto mtls = edge.labels.get("mtls");
    return {.labels = edge.labels, .first_seen = edge.first_seen, .since = edge.since, .last_seen = edge.last_seen,
            .rate = edge.rate, .events = edge.events, .expected = edge.expected,
            .mtls = mtls.empty() ? "unknown" : std::string(mtls), .score = edge.score};
}

void Edges::end_presence(const Edge& edge) {
    if (ended_.size() >= most_) ended_.erase(ended_.begin(), ended_.begin() + std::ptrdiff_t(most_ / 2 + 1));
    ended_.push_back(shown(edge));
}

// An edge is what it last was when it moved. It was silent up to the reading before: what was not read is not silence.
void Edges::move(Edge& edge, Labels labels, double events, Time at, double seconds_since_reading) {
    edge.rate = rate_after(edge.rate, events, seconds_since_reading);
    if (events <= 0) return;
    if (observed_at_.value_or(at) - edge.last_seen > presence_gap || edge.labels.get("mtls") != labels.get("mtls")) {
        end_presence(edge);
        edge.since = at;
        edge.events = 0;
    }
    edge.labels = std::move(labels);
    edge.events += events;
    const double silent = to_epoch_seconds(at) - to_epoch_seconds(edge.last_seen);
    if (silent > 0) learn_pace(edge, events, silent);
    edge.movements = std::min(edge.movements + 1, most_movements);
    edge.last_seen = at;
    edge.missed = false;
}

// Where both ends tell of an edge the destination's word counts.
std::map<Labels, Edges::Reading> Edges::summed(const std::vector<EdgeCount>& counts) {
    std::map<Labels, Reading> sums;
    for (const auto& count : counts) {
        const bool by_caller = count.labels.get("reporter") == "source";
        const auto [place, first] = sums.try_emplace(edge_key(count.labels));
        auto& sum = place->second;
        if (!first && by_caller && !sum.by_caller) continue;
        if (!first && !by_caller && sum.by_caller) sum = {};
        sum.by_caller = by_caller;
        const std::string mtls(weaker(sum.labels.get("mtls"), count.labels.get("mtls")));
        sum.labels = count.labels;
        sum.labels.set("mtls", mtls);
        sum.labels.set("source_version", "");
        sum.labels.set("reporter", "");
        sum.total += count.total;
        add(sum.principals, count.labels.get("source_principal"));
        add(sum.versions, count.labels.get("source_version"));
    }
    return sums;
}

// A target that fails for good is no outage. Which targets fail is another question than what they showed, answered a
// moment apart, so the reading after an outage is still one of it.
bool Edges::in_outage(std::size_t failing, Time at) {
    const auto before = std::exchange(failing_, failing);
    const bool was = outage_.has_value();
    if (!was && before && failing > *before) outage_ = Outage{*before, at};
    if (outage_ && (failing <= outage_->usual || at - outage_->since > longest_outage)) outage_.reset();
    return was || outage_;
}

// Callers tell of a destination that cannot be scraped for a moment; they are not believed before it is gone for good.
bool Edges::stands_in(const Reading& reading, const Edge& edge, bool may_fail) {
    constexpr int readings_to_be_gone = 3;
    return reading.by_caller && !edge.by_caller && (may_fail || edge.unseen < readings_to_be_gone);
}

std::vector<Moved> Edges::observe(const std::vector<EdgeCount>& counts, Time at, std::size_t failing) {
    const double seconds = observed_at_ ? to_epoch_seconds(at) - to_epoch_seconds(*observed_at_) : 0;
    auto sums = summed(counts);
    const bool may_fail = in_outage(failing, at);
    for (auto& [key, edge] : edges_) {
        const auto found = sums.find(key);
        if (found != sums.end() && !stands_in(found->second, edge, may_fail)) continue;
        if (found != sums.end()) sums.erase(found);
        edge.absent = true;
        edge.rate = rate_after(edge.rate, 0, seconds);
        edge.unseen = std::min(edge.unseen + 1, most_movements);
    }
    std::vector<Moved> all;
    for (auto& [key, reading] : sums) {
        const auto [found, fresh] = edges_.try_emplace(key);
        auto& edge = found->second;
        learn(edge.principals, reading.principals);
        Moved moved{&edge, 0, 1, fresh, std::move(reading.versions)};
        const bool other_end = std::exchange(edge.by_caller, reading.by_caller) != reading.by_caller;
        if (fresh) {
            edge.labels = std::move(reading.labels);
            edge.first_seen = edge.since = edge.last_seen = at;
            edge.total = reading.total;
            moved.events = observed_at_ ? reading.total : 0;
            if (edge.by_caller && !callers_read_) continue;
        } else {
            // The two ends count from different times on, and of one that is only partly there no more is known.
            if (other_end) edge.total = reading.total;
            if (other_end && may_fail) edge.owed = std::numeric_limits<double>::max();
            moved.events = events_of(edge, reading.total, may_fail);
            moved.readings += edge.unseen;
            move(edge, std::move(reading.labels), moved.events, at, seconds);
        }
        edge.absent = false;
        edge.unseen = edge.owed > 0 ? edge.unseen + 1 : 0;
        if (moved.events > 0 || fresh) all.push_back(std::move(moved));
    }
    observed_at_ = at;
    callers_read_ = true;
    if (edges_.size() > most_) {
        const auto gone = forget_oldest();
        std::erase_if(all, [&](const Moved& moved) { return gone.contains(moved.edge); });
    }
    return all;
}

std::set<const Edge*> Edges::forget_oldest() {
    std::set<const Edge*> gone;
    std::vector<std::pair<Time, Labels>> by_age;
    for (const auto& [key, edge] : edges_) by_age.emplace_back(edge.last_seen, key);
    const auto surplus = edges_.size() - most_;
    std::ranges::nth_element(by_age, by_age.begin() + std::ptrdiff_t(surplus), {}, &std::pair<Time, Labels>::first);
    for (std::size_t i = 0; i < surplus; ++i) {
        const auto oldest = edges_.find(by_age[i].second);
        end_presence(oldest->second);
        gone.insert(&oldest->second);
        edges_.erase(oldest);
    }
    forgotten_ += surplus;
    return gone;
}

json Edges::save() const {
    auto list = json::array();
    for (const auto& [key, edge] : edges_) list.push_back(entry_of(edge));
    return {{"edges", std::move(list)},
            {"callers_read", callers_read_},
            {"failing", failing_ ? json(*failing_) : json()},
            {"outage", outage_ ? json{outage_->usual, saved_time(outage_->since)} : json()}};
}

void Edges::load(const json& saved) {
    const auto older = saved.is_string() ? json::parse(saved.get_ref<const std::string&>()) : json();
    std::map<Labels, Edge> edges;
    for (const auto& entry : saved.is_string() ? older : saved.at("edges")) {
        auto edge = edge_from(entry);
        const auto key = edge_key(edge.labels);
        edges.emplace(key, std::move(edge));
    }
    std::optional<std::size_t> failing;
    std::optional<Outage> outage;
    if (saved.is_object() && !saved.at("failing").is_null()) failing = saved["failing"].get<std::size_t>();
    if (saved.is_object() && !saved.at("outage").is_null())
        outage = Outage{saved["outage"].at(0).get<std::size_t>(), time_of(saved["outage"].at(1))};
    callers_read_ = saved.is_object() && saved.value("callers_read", false);
    edges_ = std::move(edges);
    failing_ = failing;
    outage_ = outage;
}

}  // namespace meshwarden::anomaly

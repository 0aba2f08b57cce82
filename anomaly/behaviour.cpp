#include "anomaly/behaviour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "anomaly/explain.hpp"

namespace meshwarden::anomaly {
namespace {

using nlohmann::json;

constexpr std::size_t most_versions = 64;  // of one workload
constexpr double most_events = 1e11;       // of an edge in an interval: the sum over a million edges can be saved

Interval interval_of(Time at, Duration length) {
    return (at.time_since_epoch().count() - 1) / length.count();  // events lie before the reading that brings them
}

Interval interval_from(const json& saved) {
    constexpr Interval last = 10'000'000'000'000;
    const auto interval = saved.get<Interval>();
    if (interval < 0 || interval > last) throw json::out_of_range::create(401, "an interval out of range", &saved);
    return interval;
}

}  // namespace

Behaviour::Behaviour(const Options& options)
    : options_(options),
      interval_seconds_(double(options.interval.count()) / 1000),
      baseline_({.interval_seconds = interval_seconds_, .max_edges = options.max_edges, .may_be_open = false}) {}

NodeId Behaviour::node(const Party& party) {
    if (nodes_.size() >= 2 * options_.max_edges && !nodes_.knows(party.id())) return no_node;
    const auto number = nodes_.number(party.id());
    if (number == parties_.size()) parties_.push_back(party);
    return number;
}

std::uint32_t Behaviour::word(const std::string& text) {
    if (text.empty() || (words_.size() >= 2 * options_.max_edges && !words_.knows(text))) return 0;
    return words_.number(text) + 1;
}

std::string Behaviour::name_of(NodeId node) const { return node == no_node ? std::string() : parties_[node].local(); }

void Behaviour::note_versions(NodeId source, const std::vector<std::string>& shown) {
    auto& [known, rollouts, young] = sources_[source];
    for (const auto& version : shown)
        if (known.size() < most_versions && known.insert(version).second && known.size() > 1) ++rollouts;
}

void Behaviour::add(const Moved& moved) {
    if (moved.events <= 0) return;
    const auto source = node(source_of(moved.edge->labels)), destination = node(destination_of(moved.edge->labels));
    if (source == no_node || destination == no_node) {
        left_out_ += std::uint64_t(moved.events);
        return;
    }
    note_versions(source, moved.versions);
    auto& pending = pending_[{source, destination}];
    pending.row.source = source;
    pending.row.destination = destination;
    pending.row.count = float(std::min(pending.row.count + moved.events / moved.readings, most_events));
    if (const auto& used = moved.edge->principals; !used.empty()) pending.row.principal = word(used.back());
    pending.fresh = pending.fresh || moved.fresh;
    pending.tcp = pending.tcp && moved.edge->labels.get("protocol") == "tcp";
}

Odd Behaviour::in_words(const Candidate& found) const {
    Odd odd{found, {}, explain(found, [this](NodeId node) { return name_of(node); }, interval_seconds_)};
    const auto side = [&](NodeId node, const std::string& which) {
        if (node == no_node) return;
        odd.labels.set("cluster", parties_[node].cluster);
        odd.labels.set(which + "_namespace", parties_[node].space);
        odd.labels.set(which + "_workload", parties_[node].name);
    };
    side(found.source, "source");
    side(found.destination, "destination");
    const auto row = pending_.find({found.source, found.destination});
    odd.tcp = row != pending_.end() && row->second.tcp;
    odd.known = row != pending_.end() && !row->second.fresh;
    return odd;
}

std::vector<Odd> Behaviour::close() {
    std::vector<Row> rows;
    for (auto& [place, pending] : pending_) {
        pending.row.source_version = 1 + sources_[place.first].rollouts;
        rows.push_back(pending.row);
    }
    std::vector<float> odd(rows.size());
    std::vector<Candidate> found;
    baseline_.inspect(*index_, rows, found, odd);
    scores_.clear();
    for (std::size_t i = 0; i < rows.size(); ++i) scores_[{rows[i].source, rows[i].destination}] = odd[i];
    std::vector<Odd> told;
    for (const auto& one : found) told.push_back(in_words(one));
    pending_.clear();
    return told;
}

std::vector<Odd> Behaviour::read(const std::vector<Moved>& moved, const std::vector<Labels>& rolled_out, Time at) {
    const auto index = interval_of(at, options_.interval);
    judged_ = index_ && index > *index_;
    std::vector<Odd> odd;
    if (judged_) odd = close();
    index_ = std::max(index, index_.value_or(index));
    const double hour = 3600 / interval_seconds_;
    for (const auto& labels : rolled_out) {
        const auto number = node(source_of(labels));
        if (number == no_node) continue;
        auto& source = sources_[number];
        if (!source.young || double(*index_ - *source.young) > hour) ++source.rollouts;
        source.young = *index_;
    }
    for (const auto& one : moved) add(one);
    return odd;
}

std::optional<double> Behaviour::score(const Labels& edge) const {
    const auto source = source_of(edge).id(), destination = destination_of(edge).id();
    if (!nodes_.knows(source) || !nodes_.knows(destination)) return std::nullopt;
    const auto found = scores_.find({nodes_.find(source), nodes_.find(destination)});
    return found == scores_.end() ? std::nullopt : std::optional(std::max(0.0, double(found->second)));
}

Severity Behaviour::severity_of(const Odd& odd, Severity usual) const {
    return anomaly::severity_of(odd.found, [this](NodeId node) { return name_of(node); }, usual);
}

bool Behaviour::too_young_to_learn() const { return baseline_.intervals() < Baseline::fewest_intervals; }

std::string Behaviour::learning() const {
    if (!baseline_.learning()) return {};
    if (too_young_to_learn())
        return fmt::format("learning: {} of at least {} intervals of {} were seen", baseline_.intervals(),
                           Baseline::fewest_intervals, meshwarden::to_string(options_.interval));
    return fmt::format("learning: new edges are still found often; {} are known after {} intervals of {}",
                       baseline_.edges().size(), baseline_.intervals(), meshwarden::to_string(options_.interval));
}

json Behaviour::save() const {
    json parties = json::array(), words = json::array(), rows = json::array(), sources = json::array();
    for (const auto& party : parties_) parties.push_back({party.cluster, party.space, party.name});
    for (NodeId word = 0; word < words_.size(); ++word) words.push_back(words_.name(word));
    for (const auto& [place, pending] : pending_)
        rows.push_back({place.first, place.second, pending.row.count, pending.row.principal, pending.tcp,
                        pending.fresh});
    for (const auto& [number, source] : sources_)
        sources.push_back({number, source.versions, source.rollouts, source.young ? json(*source.young) : json()});
    const auto bytes = baseline_.save();
    return {{"baseline", json::binary({bytes.begin(), bytes.end()})},
            {"parties", std::move(parties)}, {"words", std::move(words)}, {"rows", std::move(rows)},
            {"sources", std::move(sources)}, {"index", index_ ? json(*index_) : json(nullptr)}};
}

Result<void> Behaviour::load(const json& saved) {
    Behaviour loaded(options_);
    const auto& bytes = saved.at("baseline").get_binary();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (auto read = loaded.baseline_.load(text); !read) return read;
    for (const auto& party : saved.at("parties"))
        loaded.node({party.at(0).get<std::string>(), party.at(1).get<std::string>(), party.at(2).get<std::string>()});
    for (const auto& word : saved.at("words")) loaded.words_.number(word.get_ref<const std::string&>());
    if (loaded.parties_.size() < loaded.baseline_.graph().size())
        return fail("the saved baseline has workloads without names");
    const auto known = [&](NodeId node) { return node < loaded.parties_.size(); };
    for (const auto& each : saved.at("rows")) {
        const auto source = each.at(0).get<NodeId>(), destination = each.at(1).get<NodeId>();
        if (!known(source) || !known(destination)) return fail("the saved baseline has rows of unknown workloads");
        const Row row{source, destination, each.at(2).get<float>(), each.at(3).get<std::uint32_t>(), 0};
        if (!(row.count >= 0 && std::isfinite(row.count))) return fail("the saved baseline has rows without a count");
        loaded.pending_[{source, destination}] = {row, each.at(4).get<bool>(), each.at(5).get<bool>()};
    }
    for (const auto& each : saved.at("sources")) {
        auto& source = loaded.sources_[each.at(0).get<NodeId>()];
        source = {each.at(1).get<std::set<std::string>>(), each.at(2).get<std::uint32_t>(), {}};
        if (!each.at(3).is_null()) source.young = interval_from(each.at(3));
    }
    if (!saved.at("index").is_null()) loaded.index_ = interval_from(saved.at("index"));
    *this = std::move(loaded);
    return {};
}

}  // namespace meshwarden::anomaly

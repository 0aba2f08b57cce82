// What a group's series looked like when its rule fired: kept small, frozen once.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "model/finding.hpp"
#include "model/snapshot.hpp"

namespace meshwarden::rules {

// The workload whose proxy refused (labels refused_namespace, refused_by): where refusals told by several metrics meet.
using Place = std::pair<std::string, std::string>;
Place place_of(const Labels& labels);

// Is the series' target among those whose last scrape failed?
bool fails(const Labels& metric, const std::vector<Labels>& failing_targets);

// The recent samples of one group's series. Owned by one detector, not synchronised.
class History {
public:
    void add(const SeriesUpdate& update);
    void prune(Time oldest);  // keeps one sample before `oldest`
    // The last sample of each of its targets (instance, job) among these.
    std::map<Labels, Time> unseen(const std::vector<Labels>& failing_targets) const;
    std::set<Place> places() const;

    // Points in (from, to] and one before; series with the largest increment first; what was cut is said in `notes`.
    Evidence evidence(Time from, Time to) const;

    // Increments in (from, to] of series with this `reason`.
    double sum(Time from, Time to, std::string_view reason) const;
    double placed(Time from, Time to) const;  // of those whose place is known, TCP aside

private:
    struct Track {
        Labels labels;
        std::deque<Point> points;
    };
    std::map<Labels, Track> tracks_;  // by metric
};

// How many of `http` refusals (403) the mesh itself made, by the RBAC counters of those pods (`rbac`), when `others`
// (gRPC, other services there) may have moved the same counters: a number where it can be told, else "between a and b".
// "" for no refusals.
std::string corroboration(double http, double others, double rbac);

}  // namespace meshwarden::rules

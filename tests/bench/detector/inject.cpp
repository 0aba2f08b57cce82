#include <algorithm>
#include <map>
#include <set>

#include "tests/bench/detector/mesh.hpp"
#include "tests/bench/detector/random.hpp"

namespace meshwarden::bench {
namespace {

using Key = std::tuple<std::int64_t, anomaly::NodeId, anomaly::NodeId>;

class Injection {
public:
    Injection(const Stream& quiet, std::uint64_t seed) : stream_(quiet), random_(seed) {
        for (const auto& row : quiet.rows) {
            rows_[{row.at, row.source, row.destination}] = {row.count, 0};
            edges_[{row.source, row.destination}].push_back(row.at);
            if (times_.empty() || times_.back() != row.at) times_.push_back(row.at);
        }
    }

    Stream make() {
        for (const std::string family : {"lateral", "scan", "burst"}) one(family);
        stream_.rows.clear();
        for (const auto& [key, row] : rows_)
            stream_.rows.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), row.first, row.second});
        stream_.judged_from = times_[times_.size() / 2];
        stream_.until = stream_.rows.back().at + 1;
        return stream_;
    }

private:
    anomaly::NodeId any_node() { return anomaly::NodeId(random_.below(std::int64_t(stream_.names.size()))); }
    // Some streams have holes: an attack takes place where there is traffic.
    std::size_t any_time() {
        const auto half = times_.size() / 2;
        return half + std::size_t(random_.below(std::int64_t(times_.size() - half) - 3));
    }
    anomaly::NodeId stranger(anomaly::NodeId source) {
        for (;;)
            if (const auto node = any_node(); node != source && !edges_.contains({source, node})) return node;
    }
    void put(std::int64_t at, anomaly::NodeId source, anomaly::NodeId destination, double count, int id) {
        auto& row = rows_[{at, source, destination}];
        row.first += float(count);
        row.second = id;
    }
    void one(const std::string& family) {
        const int id = int(stream_.attacks.size()) + 1;
        const auto place = any_time();
        const auto at = times_[place];
        auto source = any_node();
        if (family == "lateral") put(at, source, stranger(source), double(1 + random_.below(3)), id);
        if (family == "scan") {
            std::set<anomaly::NodeId> reached;
            while (reached.size() < 10) reached.insert(stranger(source));
            for (const auto node : reached) put(at, source, node, 1, id);
        }
        if (family == "burst") burst(place, id);
        stream_.attacks.push_back(
            {id, family, at, times_[place + (family == "burst" ? 2 : 0)], source, anomaly::no_node});
    }
    // On an edge that is there in each of the three intervals.
    void burst(std::size_t place, int id) {
        for (;;) {
            auto edge = edges_.begin();
            std::advance(edge, random_.below(std::int64_t(edges_.size())));
            const auto row_at = [&](std::size_t i) {
                return rows_.find({times_[place + i], edge->first.first, edge->first.second});
            };
            if (row_at(0) == rows_.end() || row_at(1) == rows_.end() || row_at(2) == rows_.end()) continue;
            for (std::size_t i = 0; i < 3; ++i) row_at(i)->second = {row_at(i)->second.first * 6, id};
            return;
        }
    }

    Stream stream_;
    Random random_;
    std::vector<std::int64_t> times_;  // intervals with traffic
    std::map<Key, std::pair<float, int>> rows_;
    std::map<std::pair<anomaly::NodeId, anomaly::NodeId>, std::vector<std::int64_t>> edges_;
};

}  // namespace

Stream inject_attacks(const Stream& quiet, std::uint64_t seed) { return Injection(quiet, seed).make(); }

}  // namespace meshwarden::bench

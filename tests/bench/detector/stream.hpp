// A labelled stream of edge rows, and how it is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "anomaly/row.hpp"

namespace meshwarden::bench {

struct LabelledRow {
    std::int64_t at = 0;
    anomaly::NodeId source = 0, destination = 0;
    float count = 0;
    int attack = 0;  // id of an Attack; 0: benign
};

struct Attack {
    int id = 0;
    std::string family;
    std::int64_t from = 0, to = 0;
    anomaly::NodeId source = anomaly::no_node, destination = anomaly::no_node;
};

constexpr std::string_view silence_family = "vanish";  // its attacks have no rows

struct Stream {
    std::string name;
    double interval_seconds = 300;
    std::vector<LabelledRow> rows;  // rising intervals
    std::vector<Attack> attacks;
    std::int64_t judged_from = 0;   // what lies before only teaches
    std::int64_t until = 0;
    std::vector<std::string> names;  // of nodes
    bool inject = false;             // it has no attacks of its own

    double per_hour() const { return 3600 / interval_seconds; }
    double judged_days() const { return double(until - judged_from) * interval_seconds / 86400; }
};

// Every stream that the streams.csv of a folder names (see tests/data/edge-streams/README.md).
std::vector<Stream> read_streams(const std::string& folder);
// A synthetic mesh of five-minute intervals, seven days to learn: rows.csv (interval,source,destination,count,attack
// id) and attacks.csv (id,family,start,end,source,destination; with a header; intervals from 0, one less than in
// rows.csv).
Stream read_mesh(const std::string& folder);

}  // namespace meshwarden::bench

#include "tests/bench/detector/stream.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>

namespace meshwarden::bench {
namespace {

constexpr double same_attack_seconds = 360;  // rows of one label nearer than this are one attack

using Fields = std::vector<std::string>;

Fields split(std::string line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
    Fields fields(1);
    for (const char c : line) {
        if (c == ',') fields.emplace_back();
        else fields.back() += c;
    }
    return fields;
}

struct CloseGzip { void operator()(gzFile file) const { gzclose(file); } };
using Gzip = std::unique_ptr<gzFile_s, CloseGzip>;

Gzip open(const std::string& path) {
    Gzip file(gzopen(path.c_str(), "rb"));
    if (!file) throw std::runtime_error("cannot open " + path);
    return file;
}

std::vector<Fields> read_table(const std::string& path) {
    const auto file = open(path);
    std::vector<Fields> rows;
    std::array<char, 4096> line{};
    while (gzgets(file.get(), line.data(), int(line.size()))) rows.push_back(split(line.data()));
    return rows;
}

struct Layout {
    double unit_seconds = 1;
    std::size_t time = 0, source = 0, destination = 0;
    std::string count, label, benign;  // columns; empty: not there
};

struct Cell {
    float count = 0;
    std::string label;
};

void add_attacks(Stream& stream, const std::map<std::string, std::vector<std::size_t>>& by_label) {
    const auto gap = std::int64_t(same_attack_seconds / stream.interval_seconds);
    for (const auto& [label, rows] : by_label)
        for (const auto i : rows) {
            auto& row = stream.rows[i];
            if (stream.attacks.empty() || stream.attacks.back().family != label ||
                row.at - stream.attacks.back().to > gap)
                stream.attacks.push_back(
                    {int(stream.attacks.size()) + 1, label, row.at, row.at, row.source, row.destination});
            stream.attacks.back().to = row.at;
            row.attack = stream.attacks.back().id;
        }
}

Stream read_one(const std::string& path, const Layout& layout, Stream stream) {
    std::map<std::string, anomaly::NodeId> numbers;
    const auto number = [&](const std::string& name) {
        const auto [place, fresh] = numbers.try_emplace(name, anomaly::NodeId(numbers.size()));
        if (fresh) stream.names.push_back(name);
        return place->second;
    };
    auto table = read_table(path);
    std::map<std::tuple<std::int64_t, anomaly::NodeId, anomaly::NodeId, std::string>, float> cells;
    for (std::size_t i = 1; i < table.size(); ++i) {
        const auto& fields = table[i];
        const auto at = std::int64_t(std::stod(fields[layout.time]) * layout.unit_seconds / stream.interval_seconds);
        const auto source = number(fields[layout.source]), destination = number(fields[layout.destination]);
        std::string label = layout.label.empty() ? "" : fields[std::stoul(layout.label)];
        if (label == layout.benign) label.clear();
        cells[{at, source, destination, label}] +=
            layout.count.empty() ? 1 : std::stof(fields[std::stoul(layout.count)]);
    }
    std::map<std::string, std::vector<std::size_t>> by_label;
    for (const auto& [key, count] : cells) {
        const auto& [at, source, destination, label] = key;
        if (!label.empty()) by_label[label].push_back(stream.rows.size());
        stream.rows.push_back({at, source, destination, count, 0});
    }
    add_attacks(stream, by_label);
    stream.judged_from = stream.rows.front().at;
    stream.until = stream.rows.back().at + 1;
    return stream;
}

}  // namespace

std::vector<Stream> read_streams(const std::string& folder) {
    std::vector<Stream> streams;
    std::ifstream list(folder + "/streams.csv");
    if (!list) throw std::runtime_error("cannot open " + folder + "/streams.csv");
    std::string line;
    std::getline(list, line);
    while (std::getline(list, line)) {
        const auto f = split(line);
        if (f.size() != 11) throw std::runtime_error(folder + "/streams.csv: expected 11 columns: " + line);
        Stream stream;
        stream.name = f[0];
        stream.interval_seconds = std::stod(f[2]);
        stream.inject = f[10] == "inject";
        streams.push_back(
            read_one(folder + "/" + f[1],
                     {std::stod(f[3]), std::stoul(f[4]), std::stoul(f[5]), std::stoul(f[6]), f[7], f[8], f[9]},
                     std::move(stream)));
    }
    return streams;
}

Stream read_mesh(const std::string& folder) {
    Stream stream;
    stream.name = folder;
    anomaly::NodeId highest = 0;
    const Gzip rows = open(folder + "/rows.csv");
    std::array<char, 256> line{};
    while (gzgets(rows.get(), line.data(), int(line.size()))) {
        LabelledRow row;
        long at = 0;
        if (std::sscanf(line.data(), "%ld,%u,%u,%f,%d", &at, &row.source, &row.destination, &row.count, &row.attack) !=
            5)
            throw std::runtime_error(folder + ": not a row: " + line.data());
        row.at = at;
        highest = std::max({highest, row.source, row.destination});
        stream.rows.push_back(row);
    }
    for (anomaly::NodeId node = 0; node <= highest; ++node) stream.names.push_back(std::to_string(node));
    const auto attacks = read_table(folder + "/attacks.csv");
    for (std::size_t i = 1; i < attacks.size(); ++i)
        stream.attacks.push_back({std::stoi(attacks[i][0]), attacks[i][1], std::stol(attacks[i][2]) + 1,
                                  std::stol(attacks[i][3]) + 1, anomaly::NodeId(std::stol(attacks[i][4])),
                                  anomaly::NodeId(std::stol(attacks[i][5]))});
    stream.judged_from = 7 * 288 + 1;
    stream.until = stream.rows.back().at;
    return stream;
}

}  // namespace meshwarden::bench

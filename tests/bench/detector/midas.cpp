#include "tests/bench/detector/midas.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <unordered_map>
#include <unordered_set>

namespace meshwarden::bench {
namespace {

constexpr unsigned hashes = 2;
constexpr double merge_below = 1000;  // MIDAS-F: what scores higher does not enter the mean

// A pair of count-min sketches: of this interval (fading) and of all before.
class Sketch {
public:
    Sketch(unsigned columns, std::uint64_t salt)
        : columns_(columns), salt_(salt), now_(columns * hashes), total_(columns * hashes), score_(columns * hashes) {}

    struct Cells { unsigned at[hashes]; };
    Cells cells(std::uint64_t key) const {
        Cells cells{};
        for (unsigned i = 0; i < hashes; ++i) {
            auto x = (key + salt_ + i * 0x51ED27ULL) * 0x9E3779B97F4A7C15ULL;
            x ^= x >> 31;
            x *= 0xBF58476D1CE4E5B9ULL;
            cells.at[i] = i * columns_ + unsigned((x >> 33) % columns_);
        }
        return cells;
    }
    void add(const Cells& cells, float count, bool to_total) {
        for (const auto at : cells.at) {
            now_[at] += count;
            if (to_total) total_[at] += count;
        }
    }
    float now(const Cells& cells) const { return std::min(now_[cells.at[0]], now_[cells.at[1]]); }
    float total(const Cells& cells) const { return std::min(total_[cells.at[0]], total_[cells.at[1]]); }
    void keep(const Cells& cells, float score) { for (const auto at : cells.at) score_[at] = score; }
    void fade(float factor) { for (auto& value : now_) value *= factor; }
    // MIDAS-F: what was ordinary enters the mean, the rest is replaced by the mean.
    void merge(double t) {
        for (std::size_t i = 0; i < now_.size(); ++i)
            total_[i] += score_[i] < merge_below ? now_[i] : t > 1 ? float(total_[i] / (t - 1)) : 0;
    }

private:
    unsigned columns_;
    std::uint64_t salt_;
    std::vector<float> now_, total_, score_;
};

double chi_squared(double now, double total, double t) {
    return total == 0 || t <= 1 ? 0 : std::pow(now - total / t, 2) * t * t / (total * (t - 1));
}
double chi_squared_filtering(double now, double total, double t) {
    return total == 0 || t <= 1 ? 0 : std::pow(now + total - now * t, 2) / (total * (t - 1));
}

float taken(float count, Counts counts) {
    return counts == Counts::raw ? count : counts == Counts::logarithm ? std::log2(1 + count) : 1.F;
}

}  // namespace

std::string MidasSettings::name() const {
    constexpr const char* forms[] = {"MIDAS", "MIDAS-R", "MIDAS-F"};
    constexpr const char* ways[] = {"raw", "log", "one"};
    return std::string(forms[int(form)]) + " (" + ways[int(counts)] + ", " + std::to_string(columns) +
           (form == Midas::plain ? "" : ", " + std::to_string(decay).substr(0, 3)) + ")";
}

std::vector<MidasSettings> midas_grid() {
    std::vector<MidasSettings> grid;
    for (const auto form : {Midas::plain, Midas::relational, Midas::filtering})
        for (const auto counts : {Counts::raw, Counts::logarithm, Counts::one})
            for (const auto columns : {1024U, 65536U})
                for (const auto decay : {0.5, 0.8, 0.9})
                    if (form != Midas::plain || decay == 0.5) grid.push_back({form, counts, columns, decay});
    return grid;
}

std::vector<float> score_midas(const Stream& stream, const MidasSettings& settings, double* rows_a_second) {
    const bool filtering = settings.form == Midas::filtering, with_nodes = settings.form != Midas::plain;
    std::vector<Sketch> sketches{{settings.columns, 1}};
    if (with_nodes) sketches.insert(sketches.end(), {Sketch(settings.columns, 2), Sketch(settings.columns, 3)});
    std::vector<float> scores(stream.rows.size());
    const auto begun = std::clock();
    double t = 1;
    for (std::size_t i = 0; i < stream.rows.size(); ++i) {
        const auto& row = stream.rows[i];
        if (i > 0 && row.at != stream.rows[i - 1].at) {
            for (auto& sketch : sketches) {
                if (filtering) sketch.merge(t);
                sketch.fade(with_nodes ? float(settings.decay) : 0);
            }
            t = double(row.at - stream.rows.front().at) + 1;
        }
        const std::uint64_t keys[] = {std::uint64_t(row.source) << 32 | row.destination, row.source, row.destination};
        double highest = 0;
        for (std::size_t k = 0; k < sketches.size(); ++k) {
            auto& sketch = sketches[k];
            const auto cells = sketch.cells(keys[k]);
            sketch.add(cells, taken(row.count, settings.counts), !filtering);
            const double now = sketch.now(cells), total = sketch.total(cells);
            const double score = filtering ? chi_squared_filtering(now, total, t) : chi_squared(now, total, t);
            if (filtering) sketch.keep(cells, float(score));
            highest = std::max(highest, score);
        }
        scores[i] = float(highest);
    }
    if (rows_a_second) *rows_a_second = double(stream.rows.size()) / (double(std::clock() - begun) / CLOCKS_PER_SEC);
    return scores;
}

std::vector<float> score_busiest(const Stream& stream) {
    std::vector<float> scores(stream.rows.size());
    std::unordered_map<anomaly::NodeId, float> out, in;
    for (std::size_t i = 0; i < stream.rows.size();) {
        auto j = i;
        out.clear();
        in.clear();
        for (; j < stream.rows.size() && stream.rows[j].at == stream.rows[i].at; ++j) {
            out[stream.rows[j].source] += stream.rows[j].count;
            in[stream.rows[j].destination] += stream.rows[j].count;
        }
        for (; i < j; ++i) scores[i] = std::max(out[stream.rows[i].source], in[stream.rows[i].destination]);
    }
    return scores;
}

std::vector<float> score_new_edges(const Stream& stream) {
    std::vector<float> scores(stream.rows.size());
    std::unordered_set<std::uint64_t> known;
    for (std::size_t i = 0; i < stream.rows.size(); ++i)
        scores[i] =
            known.insert(std::uint64_t(stream.rows[i].source) << 32 | stream.rows[i].destination).second ? 1 : 0;
    return scores;
}

}  // namespace meshwarden::bench

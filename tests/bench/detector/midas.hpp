// The published detectors that everybody compares with, written from their papers: MIDAS and MIDAS-R (Bhatia, Hooi,
// Yoon, Shin, Faloutsos: Real-Time Streaming Anomaly Detection in Dynamic Graphs, TKDD 2022), MIDAS-F (same), and two
// rules without any model. One score a row, larger = odder.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/detector/stream.hpp"

namespace meshwarden::bench {

enum class Midas { plain, relational, filtering };
enum class Counts { raw, logarithm, one };

struct MidasSettings {
    Midas form = Midas::plain;
    Counts counts = Counts::raw;
    unsigned columns = 1024;
    double decay = 0.5;
    std::string name() const;
};

std::vector<MidasSettings> midas_grid();
std::vector<float> score_midas(const Stream& stream, const MidasSettings& settings, double* rows_a_second = nullptr);
std::vector<float> score_busiest(const Stream& stream);
std::vector<float> score_new_edges(const Stream& stream);

}  // namespace meshwarden::bench

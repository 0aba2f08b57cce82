// The tables of the bench, in Markdown.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/detector/stream.hpp"

namespace meshwarden::bench {

// Recall of attack instances at budgets of false alerts a day, over several meshes; with a plot.
std::string mesh_tables(const std::vector<Stream>& meshes, const std::string& plot_file);
std::string ablation_table(const std::vector<Stream>& meshes);
// A stream with labels of its own.
std::string label_table(const Stream& stream);
// Attacks put into a stream without any, `times` over.
std::string injection_table(const Stream& quiet, int times);

}  // namespace meshwarden::bench

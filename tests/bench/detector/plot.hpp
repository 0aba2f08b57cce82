// Lines over a logarithmic axis, as an SVG file.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace meshwarden::bench {

struct Line {
    std::string name;
    std::vector<std::pair<double, double>> points;  // x > 0, y from 0 to 1
};

void write_plot(const std::string& path, const std::string& title, const std::string& x, const std::string& y,
                const std::vector<Line>& lines);

}  // namespace meshwarden::bench

#include "tests/bench/detector/plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace meshwarden::bench {

void write_plot(const std::string& path, const std::string& title, const std::string& x, const std::string& y,
                const std::vector<Line>& lines) {
    constexpr double left = 60, top = 40, wide = 520, high = 320;
    constexpr const char* colours[] = {"#1f5fbf", "#c0392b", "#e08e0b", "#27833c", "#7d3c98", "#555555"};
    double from = 1e300, to = 0;
    for (const auto& line : lines)
        for (const auto& [at, value] : line.points) from = std::min(from, at), to = std::max(to, at);
    const auto across = [&](double at) { return left + wide * std::log(at / from) / std::log(to / from); };
    const auto up = [&](double value) { return top + high * (1 - value); };
    std::ofstream out(path);
    out << fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" width="800" height="430" font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>)");
    out << fmt::format(R"(<text x="{}" y="24" font-size="15">{}</text>)", left, title);
    for (double value = 0; value <= 1.001; value += 0.2)
        out << fmt::format(
            R"(<line x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}" stroke="#ddd"/><text x="{}" y="{:.1f}" text-anchor="end">{:.1f}</text>)",
            left, up(value), left + wide, up(value), left - 6, up(value) + 4, value);
    for (const auto& [at, unused] : lines.front().points)
        out << fmt::format(R"(<text x="{:.1f}" y="{}" text-anchor="middle">{:g}</text>)", across(at), top + high + 18,
                           at);
    out << fmt::format(
        R"x(<text x="{}" y="{}" text-anchor="middle">{}</text><text x="16" y="{}" transform="rotate(-90 16 {})" text-anchor="middle">{}</text>)x",
        left + wide / 2, top + high + 42, x, top + high / 2, top + high / 2, y);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        std::string points;
        for (const auto& [at, value] : lines[i].points) points += fmt::format("{:.1f},{:.1f} ", across(at), up(value));
        const auto* colour = colours[i % std::size(colours)];
        out << fmt::format(
            R"(<polyline fill="none" stroke="{}" stroke-width="2" points="{}"/><text x="{}" y="{}" fill="{}">{}</text>)",
            colour, points, left + wide + 12, top + 14 + 18 * double(i), colour, lines[i].name);
    }
    out << "</svg>\n";
}

}  // namespace meshwarden::bench

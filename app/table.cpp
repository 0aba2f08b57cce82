#include "app/table.hpp"

#include <algorithm>

#include "web/graph_formats.hpp"

namespace meshwarden::app {
namespace {

constexpr std::size_t widest = 60, widest_last = 600;  // characters

bool begins(char c) { return (c & 0xC0) != 0x80; }

std::size_t width(const std::string& cell) { return std::size_t(std::ranges::count_if(cell, begins)); }

std::string cut(std::string cell, std::size_t most) {
    if (width(cell) <= most) return cell;
    std::size_t at = 0;
    for (std::size_t seen = 0; seen < most || !begins(cell[at]); ++at) seen += begins(cell[at]);
    return cell.substr(0, at) + "\xe2\x80\xa6";
}

}  // namespace

std::string table(const Row& head, const std::vector<Row>& rows) {
    std::vector<Row> all{head};
    all.insert(all.end(), rows.begin(), rows.end());
    std::vector<std::size_t> widths(head.size());
    for (auto& row : all)
        for (std::size_t i = 0; i < row.size(); ++i) {
            row[i] = cut(web::printable(row[i]), i + 1 == row.size() ? widest_last : widest);
            widths[i] = std::max(widths[i], width(row[i]));
        }
    std::string text;
    for (const auto& row : all) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += row[i] + (i + 1 == row.size() ? "\n" : std::string(widths[i] - width(row[i]) + 2, ' '));
    }
    return text;
}

}  // namespace meshwarden::app

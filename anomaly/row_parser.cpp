#include "anomaly/row_parser.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace meshwarden::anomaly {
namespace {

constexpr std::size_t most_line = 64 * 1024;
constexpr std::size_t most_name = 1024;
constexpr Interval most_interval = 2'000'000'000;

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, number);
    return problem == std::errc{} && rest == end;
}

std::string shown(std::string_view text) {
    std::string line(text.substr(0, 60));
    for (auto& c : line)
        if (std::uint8_t(c) < ' ' || c == 0x7f) c = '?';
    return line;
}

}  // namespace

Result<void> RowParser::split(std::string_view line) {
    fields_.clear();
    unquoted_.clear();
    unquoted_.reserve(line.size());
    for (std::size_t at = 0;;) {
        if (at < line.size() && line[at] == '"') {
            const auto begin = unquoted_.size();
            for (++at; at < line.size() && !(line[at] == '"' && (at + 1 >= line.size() || line[at + 1] != '"')); ++at) {
                if (line[at] == '"') ++at;
                unquoted_ += line[at];
            }
            if (at >= line.size()) return fail("a quoted field does not end in this line");
            ++at;
            fields_.push_back(std::string_view(unquoted_).substr(begin));
        } else {
            const auto end = std::min(line.find(',', at), line.size());
            fields_.push_back(line.substr(at, end - at));
            at = end;
        }
        if (at >= line.size()) return {};
        if (line[at] != ',') return fail("a quoted field is followed by text, expected a comma");
        ++at;
    }
}

Result<void> RowParser::read_header() {
    constexpr std::string_view first[] = {"interval", "source", "destination", "count"};
    for (std::size_t i = 0; i < 4; ++i)
        if (!fields_[i].starts_with(first[i]))
            return fail(fmt::format("column {} is named '{}', expected interval_index,source,destination,count", i + 1,
                                    shown(fields_[i])));
    for (std::size_t i = 4; i < fields_.size(); ++i) {
        if (fields_[i] == "principal") principal_ = int(i);
        if (fields_[i] == "source_version") version_ = int(i);
    }
    return {};
}

Result<RowParser::Line> RowParser::parse(std::string_view line, TextRow& row) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) return Line::empty;
    if (line.size() > most_line) return fail("the line is longer than 64 KiB");
    if (auto done = split(line); !done) return std::unexpected(done.error());
    if (fields_.size() < 4)
        return fail(fmt::format("{} fields, expected interval_index,source,destination,count", fields_.size()));
    const bool first = !begun_;
    begun_ = true;
    if (!read(fields_[0], row.interval)) {
        if (!first) return fail(fmt::format("'{}' is no interval index, expected a whole number", shown(fields_[0])));
        if (auto done = read_header(); !done) return std::unexpected(done.error());
        return Line::header;
    }
    if (row.interval < 0 || row.interval > most_interval)
        return fail("the interval index is out of range, expected 0 to 2,000,000,000");
    row.source = fields_[1];
    row.destination = fields_[2];
    if (row.source.empty() || row.destination.empty()) return fail("source or destination is empty");
    if (row.source.size() > most_name || row.destination.size() > most_name)
        return fail("a name is longer than 1024 bytes");
    if (!read(fields_[3], row.count) || !std::isfinite(row.count) || row.count < 0 || row.count > 1e15)
        return fail(fmt::format("'{}' is no count, expected a number from 0 to 10^15", shown(fields_[3])));
    const auto field = [&](int column) {
        return column >= 0 && std::size_t(column) < fields_.size() ? fields_[std::size_t(column)] : std::string_view();
    };
    row.principal = field(principal_);
    row.source_version = field(version_);
    return Line::row;
}

}  // namespace meshwarden::anomaly

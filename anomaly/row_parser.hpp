// Edge rows as text: interval_index,source,destination,count. A first line of names may add principal and
// source_version; further columns are ignored. Fields may be quoted as in RFC 4180, within one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "anomaly/row.hpp"
#include "model/error.hpp"

namespace meshwarden::anomaly {

// Views into the line that was given, until the next one.
struct TextRow {
    Interval interval = 0;
    std::string_view source, destination, principal, source_version;
    double count = 0;
};

class RowParser {
public:
    enum class Line { row, header, empty };
    // Fails with what is wrong and what was expected, without the line's number.
    Result<Line> parse(std::string_view line, TextRow& row);

private:
    Result<void> split(std::string_view line);
    Result<void> read_header();

    std::vector<std::string_view> fields_;
    std::string unquoted_;
    int principal_ = -1, version_ = -1;  // columns; -1: not there
    bool begun_ = false;
};

}  // namespace meshwarden::anomaly

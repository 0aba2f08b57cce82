// Rows as a table for a terminal. Cells may come from telemetry: what steers a terminal is replaced, long ones are cut.
#pragma once

#include <string>
#include <vector>

namespace meshwarden::app {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, at most 60 characters but for the last. Every row has as many cells as the
// head.
std::string table(const Row& head, const std::vector<Row>& rows);

}  // namespace meshwarden::app

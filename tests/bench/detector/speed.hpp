// How fast, how large, and whether the cost follows the rows.
#pragma once

#include <string>

namespace meshwarden::bench {

std::string speed_tables();  // Markdown

}  // namespace meshwarden::bench

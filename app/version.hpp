#pragma once

#include <string>

namespace meshwarden::app {

std::string version();  // 0.1.0 (commit)

}  // namespace meshwarden::app

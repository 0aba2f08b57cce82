#include "app/good_config.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace meshwarden::app {

std::optional<config::Config> good_config(const std::string& file, int& exit_code) {
    auto loaded = config::load(file);
    if (loaded.problems.empty()) return std::move(loaded.config);
    const bool unreadable = std::ranges::any_of(loaded.problems, &config::Problem::unreadable);
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", to_string(problem));
    if (unreadable) fmt::print(stderr, "write one with 'meshwarden config --defaults'\n");
    exit_code = unreadable ? 3 : 1;
    return std::nullopt;
}

int complain(const std::string& why, int exit_code) {
    fmt::print(stderr, "{}\n", why);
    return exit_code;
}

}  // namespace meshwarden::app

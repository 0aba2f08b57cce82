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

std::optional<config::Config> config_at(const std::string& url, const std::string& file, int& exit_code) {
    if (url.empty()) return good_config(file, exit_code);
    if (const auto problem = io::url_problem(url); !problem.empty()) {
        exit_code = complain(fmt::format("--prometheus: {}, expected one like http://127.0.0.1:9090", problem), 2);
        return std::nullopt;
    }
    auto config = config::shipped().config;
    config.prometheus.assign(1, {});
    config.prometheus.front().endpoint.url = url;
    return config;
}

int complain(const std::string& why, int exit_code) {
    fmt::print(stderr, "{}\n", why);
    return exit_code;
}

}  // namespace meshwarden::app

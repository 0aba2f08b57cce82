#include "app/commands.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/version.hpp"
#include "config/config.hpp"

namespace meshwarden::app {
namespace {

std::string printed(const nlohmann::json& json) {
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json to_json(const config::Problem& problem) {
    return {{"file", problem.file}, {"line", problem.line}, {"path", problem.path}, {"message", problem.message}};
}

}  // namespace

int check(const std::vector<std::string>& files, Format format) {
    auto found = nlohmann::json::array();
    int exit_code = 0;
    for (const auto& problem : config::check(files)) {
        exit_code = std::max(exit_code, problem.unreadable ? 3 : 1);
        if (format == Format::text) fmt::print(problem.unreadable ? stderr : stdout, "{}\n", to_string(problem));
        found.push_back(to_json(problem));
    }
    if (format == Format::json)
        fmt::print("{}\n", printed({{"problems", found}}));
    else if (exit_code == 0)
        fmt::print("{} {} good\n", files.size(), files.size() == 1 ? "file is" : "files are");
    return exit_code;
}

int print_defaults() {
    fmt::print("{}", config::default_file());
    return 0;
}

int print_reference() {
    fmt::print("{}", config::reference_page());
    return 0;
}

int print_version(Format format) {
    if (format == Format::json)
        fmt::print("{}\n", printed({{"version", version()}}));
    else
        fmt::print("meshwarden {}\n", version());
    return 0;
}

}  // namespace meshwarden::app

#include "app/commands.hpp"

#include <fmt/format.h>
#include <fmt/os.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/version.hpp"
#include "config/config.hpp"
#include "incidents/store.hpp"

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

int verify(const std::string& database, const std::string& expected_head, Format format) {
    auto store = incidents::open_store_read_only(database.find(':') == std::string::npos ? "sqlite:" + database : database);
    if (!store) {
        fmt::print(stderr, "{}\n", store.error().message);
        return 3;
    }
    const auto checked = (*store)->verify();
    if (!checked) {
        fmt::print(stderr, "{}\n", checked.error().message);
        return 3;
    }
    auto problem = checked->problem;
    const bool other_head = checked->whole && !expected_head.empty() && checked->head_hash != expected_head;
    if (other_head) problem = "the head hash is not the expected one: events were cut off or rewritten";
    const bool whole = checked->whole && !other_head;
    if (format == Format::json)
        fmt::print("{}\n", printed({{"whole", whole}, {"events", checked->events}, {"first_bad_seq", whole || other_head ? nlohmann::json() : nlohmann::json(checked->first_bad_seq)}, {"problem", problem}, {"head_hash", checked->head_hash}}));
    else if (whole)
        fmt::print("whole: {} events, head {}\n", checked->events, checked->head_hash);
    else if (other_head)
        fmt::print("broken: {}; head {}\n", problem, checked->head_hash);
    else
        fmt::print("broken at event {}: {}\n", checked->first_bad_seq, problem);
    return whole ? 0 : 1;
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

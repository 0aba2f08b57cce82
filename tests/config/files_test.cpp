// Files of data: *.good.yaml have no problem; *.bad.yaml say which they have, in lines "#! LINE: PATH: MESSAGE", where
// a MESSAGE that ends in "..." is a beginning, FILE stands for the file's name and DIR for its folder.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>

#include <fmt/format.h>

#include "config/config.hpp"
#include "tests/catch.hpp"

using namespace meshwarden;

namespace {

std::vector<std::string> files(const std::string& ending) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(MESHWARDEN_CONFIG_DATA)) {
        if (entry.path().string().ends_with(ending)) {
            found.push_back(entry.path().string());
        }
    }
    std::ranges::sort(found);
    return found;
}

std::vector<std::string> expected_problems(const std::string& file) {
    std::ifstream stream(file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) {
        if (line.starts_with("#! ")) {
            line = line.substr(3);
            line = std::regex_replace(line, std::regex("FILE"), file);
            lines.push_back(std::regex_replace(line, std::regex("DIR"), MESHWARDEN_CONFIG_DATA));
        }
    }
    return lines;
}

std::vector<std::string> problems(const std::string& file) {
    std::vector<std::string> lines;
    for (const auto& problem : config::check(file)) {
        CHECK(problem.file == file);
        CHECK(to_string(problem) == fmt::format("{}:{}: {}: {}", file, problem.line, problem.path, problem.message));
        lines.push_back(fmt::format("{}: {}: {}", problem.line, problem.path, problem.message));
    }
    return lines;
}

bool agrees(const std::string& expected, const std::string& given) {
    return expected.ends_with("...") ? given.starts_with(expected.substr(0, expected.size() - 3)) : expected == given;
}

}  // namespace

TEST_CASE("bad files: every problem, with its line and path") {
    const auto bad = files(".bad.yaml");
    REQUIRE(bad.size() >= 5);
    for (const auto& file : bad) {
        INFO(file);
        const auto expected = expected_problems(file);
        const auto given = problems(file);
        REQUIRE_FALSE(expected.empty());
        CHECK(given.size() == expected.size());
        for (std::size_t i = 0; i < std::min(given.size(), expected.size()); ++i) {
            INFO("expected " << expected[i] << "\ngiven    " << given[i]);
            CHECK(agrees(expected[i], given[i]));
        }
    }
}

TEST_CASE("good files have no problem") {
    // Together, since the rules of one use the signals of the other.
    const auto good = files(".good.yaml");
    REQUIRE(good.size() >= 3);
    for (const auto& problem : config::check(good)) {
        FAIL_CHECK(to_string(problem));
    }
}

TEST_CASE("a rule file alone does not know the signals of another file") {
    CHECK(config::check(MESHWARDEN_CONFIG_DATA "/limits-rule.good.yaml").size() == 1);
}

TEST_CASE("a shipped file may be checked where it lies") {
    const std::string folder = MESHWARDEN_SHIPPED;
    std::vector<std::string> shipped;
    for (const auto* kind : {"/signals", "/rules"}) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder + kind)) {
            if (entry.is_regular_file()) {
                shipped.push_back(entry.path().string());
            }
        }
    }
    REQUIRE(shipped.size() >= 15);  // rule tests too
    for (const auto& problem : config::check(shipped)) {
        FAIL_CHECK(to_string(problem));
    }
}

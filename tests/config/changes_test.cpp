// What a reload changed, told from what the files say.
#include <fstream>

#include "config/config.hpp"
#include "tests/catch.hpp"
#include "tests/config/temporary_file.hpp"

using namespace meshwarden;

namespace {

using Lines = std::vector<std::string>;

Lines between(const std::string& before, const std::string& after) {
    const TemporaryFile a(before), b(after);
    return config::changes_between(config::load(a.file()).config.written, config::load(b.file()).config.written);
}

}  // namespace

TEST_CASE("nothing changed: nothing is said, whatever the layout") {
    CHECK(between("prometheus: [{name: main}]\n", "# a comment\nprometheus:\n  - name: \"main\"\n").empty());
}

TEST_CASE("thresholds are told with both values, what may hold a secret without any") {
    CHECK(between(
              "prometheus: [{name: main, url: \"http://a:s3cret@b\"}]\noverrides: {authz-denials: {threshold: 10}}\n",
              "prometheus: [{name: main, url: \"http://a:other@b\"}]\noverrides: {authz-denials: {threshold: 20}}\n") ==
          Lines{"overrides.authz-denials.threshold: \"10\" -> \"20\"", "prometheus[main].url changed"});
}

TEST_CASE("what comes and goes is told as a whole, by its name") {
    const std::string head = "prometheus: [{name: main}]\n";
    const std::string one = "  - {name: one, webhook: {url: \"http://x\"}}\n",
                      two = "  - {name: two, webhook: {url: \"http://y\"}}\n";
    CHECK(between(head + "targets:\n" + one, head + "targets:\n" + two + one) == Lines{"targets[two] added"});
    CHECK(between(head + "targets:\n" + one + two, head + "targets:\n" + two) == Lines{"targets[one] removed"});
    CHECK(between(head, head + "targets:\n" + one) == Lines{"targets added"});
    CHECK(between(head + "overrides: {retry-storm: {enabled: false}}\n", head) == Lines{"overrides removed"});
}

TEST_CASE("a name that is the beginning of another is another") {
    const std::string head = "prometheus: [{name: main}]\noverrides: {authz-denials: {threshold: 11}";
    CHECK(between(head + "}\n", head + ", authz-denials-x: {threshold: 1}}\n") ==
          Lines{"overrides.authz-denials-x added"});
}

TEST_CASE("rule files that the configuration names belong to it") {
    const TemporaryFile main("prometheus: [{name: main}]\nrules: [own.yaml]\n");
    const auto write = [&](const std::string& rules) {
        std::ofstream(main.path("own.yaml")) << "groups:\n  - name: g\n    rules:\n" << rules;
        const auto loaded = config::load(main.file());
        CHECK(loaded.problems.empty());
        return loaded.config.written;
    };
    const auto before = write("      - {name: a, signal: retries, threshold: 1}\n");
    const auto after =
        write("      - {name: b, signal: retries, threshold: 1}\n      - {name: a, signal: retries, threshold: 2}\n");
    CHECK(config::changes_between(before, after) ==
          Lines{"own.yaml: .groups[g].rules[a].threshold: \"1\" -> \"2\"", "own.yaml: .groups[g].rules[b] added"});
}

TEST_CASE("a variable's value is not told, the variable is") {
    CHECK(between("prometheus: [{name: main}]\ninstance: ${A_TEST}\n",
                  "prometheus: [{name: main}]\ninstance: ${B_TEST}\n") ==
          Lines{"instance: \"${A_TEST}\" -> \"${B_TEST}\""});
}

TEST_CASE("names and values of hostile files are escaped and bounded") {
    const auto lines =
        between("prometheus: [{name: main}]\n",
                "prometheus: [{name: main}]\ntargets: [{name: \"a\\nb\"}]\ninstance: " + std::string(5000, 'x') + "\n");
    for (const auto& line : lines) {
        CHECK(line.size() < 300);
        CHECK(line.find('\n') == std::string::npos);
    }
}

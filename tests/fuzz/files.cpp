// YAML files of every kind: the configuration, signals, rules, rule tests.
#include "config/config.hpp"
#include "config/document.hpp"
#include "tests/config/temporary_file.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::text_of(data, size));
    const auto document = config::parse_document(text, "file");
    if (!document) {
        fuzz::promise_presentable(to_string(document.error()), 1000);
        return 0;
    }
    if (text.find("/dev") != text.npos || text.find("/proc") != text.npos) return 0;  // what may never end
    const TemporaryFile file(text);
    const auto problems = config::check(file.file());
    fuzz::promise(problems.size() <= 10'000, "problems are bounded");
    for (const auto& problem : problems) fuzz::promise_presentable(to_string(problem), 2000);
    return 0;
}

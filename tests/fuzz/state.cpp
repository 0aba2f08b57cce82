// A baseline's state of unknown origin: refused, or one that can be lived with. The checksum is mended, so that what
// lies behind it is reached.
#include <zlib.h>

#include <string>
#include <vector>

#include "anomaly/baseline.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace meshwarden::anomaly;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string bytes(meshwarden::fuzz::text_of(data, size));
    Baseline raw({.max_edges = 64});
    if (const auto loaded = raw.load(bytes); !loaded)
        meshwarden::fuzz::promise_presentable(loaded.error().message, 300);
    const auto seal = std::uint32_t(crc32_z(0, data, size));
    bytes.append(reinterpret_cast<const char*>(&seal), sizeof(seal));
    Baseline baseline({.max_edges = 64});
    if (!baseline.load(bytes)) return 0;
    const auto again = baseline.save();
    meshwarden::fuzz::promise(Baseline({.max_edges = 64}).load(again).has_value(),
                              "what was loaded can be saved and loaded");
    return 0;
}

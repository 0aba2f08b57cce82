// detector_bench FOLDER DATA [SEEDS] [DAYS] [PARTS]: measures the topology detector and what it is compared with on the
// same rows; Markdown on stdout, plots in FOLDER. Parts: speed; streams (of DATA and of the folder DETECTOR_STREAMS);
// ablation and meshes (synthetic ones); further (meshes 1 to SEEDS in the folder DETECTOR_MESHES). DETECTOR_ALONE:
// without the others.
#include <fmt/format.h>

#include <cstdlib>
#include <exception>

#include "tests/bench/detector/mesh.hpp"
#include "tests/bench/detector/speed.hpp"
#include "tests/bench/detector/tables.hpp"

namespace {

using namespace meshwarden::bench;

void print(const std::string& title, const std::string& text) {
    fmt::print("## {}\n\n{}\n", title, text);
    std::fflush(stdout);
}

void judge_streams(const std::string& folder) {
    for (const auto& stream : read_streams(folder))
        print(stream.name, stream.inject ? injection_table(stream, 20) : label_table(stream));
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 3) {
        fmt::print(stderr, "usage: detector_bench FOLDER DATA [SEEDS] [DAYS] [PARTS]\n");
        return 2;
    }
    const std::string folder = argv[1], parts = argc > 5 ? argv[5] : "speed,streams,ablation,meshes";
    const int seeds = argc > 3 ? std::atoi(argv[3]) : 5, days = argc > 4 ? std::atoi(argv[4]) : 28;
    const auto wanted = [&](const char* part) { return parts.find(part) != parts.npos; };
    const char* streams = std::getenv("DETECTOR_STREAMS");
    const char* further = std::getenv("DETECTOR_MESHES");
    fmt::print("# The topology detector, measured\n\n");
    if (wanted("speed")) print("Speed and size", speed_tables());
    if (wanted("streams")) judge_streams(argv[2]);
    if (wanted("streams") && streams) judge_streams(streams);
    std::vector<Stream> meshes;
    for (int seed = 1; (wanted("ablation") || wanted("meshes")) && seed <= seeds; ++seed)
        meshes.push_back(make_mesh({.seed = std::uint64_t(seed), .days = days}));
    if (wanted("ablation")) print("Ideas, one left out at a time", ablation_table(meshes));
    if (wanted("meshes")) print("Synthetic meshes", mesh_tables(meshes, folder + "/recall.svg"));
    meshes.clear();
    for (int seed = 1; wanted("further") && further && seed <= seeds; ++seed)
        meshes.push_back(read_mesh(fmt::format("{}/{}", further, seed)));
    if (wanted("further") && further) print("Further meshes", mesh_tables(meshes, folder + "/recall-further.svg"));
    return 0;
} catch (const std::exception& problem) {
    fmt::print(stderr, "detector_bench: {}\n", problem.what());
    return 3;
}

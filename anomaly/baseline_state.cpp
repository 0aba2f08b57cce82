// What a baseline has learned, as bytes: "MWBL", version, payload, CRC-32 of all before.
#include <fmt/format.h>
#include <zlib.h>

#include "anomaly/baseline.hpp"

namespace meshwarden::anomaly {
namespace {

constexpr std::uint32_t magic = 0x4C42574D;
constexpr std::uint32_t version = 2;
constexpr std::size_t seal_size = sizeof(std::uint32_t);

std::uint32_t seal_of(std::string_view bytes) {
    return std::uint32_t(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::string as_bytes(std::uint32_t number) { return {reinterpret_cast<const char*>(&number), sizeof(number)}; }

}  // namespace

void Baseline::keep(auto& self, auto& archive) {
    archive(self.week_, self.calibrations_, self.made_, self.now_, self.index_, self.first_index_, self.last_,
            self.half_at_);
    archive(self.edges_at_half_, self.usual_events_, self.seen_intervals_, self.new_rate_, self.learning_,
            self.open_network_);
    archive(self.first_day_nats_);
}

std::string Baseline::save() const {
    ArchiveWriter archive;
    archive(magic, version, options_.interval_seconds);
    keep(*this, archive);
    archive.sized(graph_);
    edges_.save(archive);
    silence_.save(archive);
    hosts_.save(archive);
    archive(std::uint64_t(open_.size()));
    for (const auto& [subject, open] : open_) archive(subject, open);
    auto bytes = archive.take();
    return bytes += as_bytes(seal_of(bytes));
}

void Baseline::read(ArchiveReader& archive) {
    keep(*this, archive);
    archive.sized(graph_);
    edges_.load(archive);
    for (std::uint32_t slot = 0; archive.good() && slot < edges_.size(); ++slot)
        archive.require(edges_[slot].source < graph_.size() && edges_[slot].destination < graph_.size() &&
                        edges_[slot].last <= now_.at);
    silence_.load(archive, edges_.size());
    hosts_.load(archive);
    std::uint64_t candidates = 0;
    archive(candidates);
    for (std::uint64_t i = 0; archive.good() && i < candidates; ++i) {
        std::uint64_t subject = 0;
        Open open;
        archive(subject, open);
        archive.require(subject >> 60 < tests);
        if (archive.good()) open_[subject] = open;
    }
    archive.require(archive.at_end());
    for (auto& calibration : calibrations_) calibration.refresh();
}

Result<void> Baseline::load(std::string_view bytes) {
    if (bytes.size() < seal_size ||
        bytes.substr(bytes.size() - seal_size) != as_bytes(seal_of(bytes.substr(0, bytes.size() - seal_size))))
        return fail("the baseline's state is damaged: its checksum is wrong");
    ArchiveReader archive(bytes.substr(0, bytes.size() - seal_size));
    std::uint32_t is_magic = 0, is_version = 0;
    double interval_seconds = 0;
    archive(is_magic, is_version, interval_seconds);
    if (!archive.good() || is_magic != magic) return fail("this is no state of a baseline");
    if (is_version != version)
        return fail(fmt::format("the baseline's state is of version {}, expected {}", is_version, version));
    if (interval_seconds != options_.interval_seconds)
        return fail(fmt::format("the baseline was learned with intervals of {} s, these are of {} s", interval_seconds,
                                options_.interval_seconds));
    Baseline loaded(options_);
    loaded.read(archive);
    if (!archive.good())
        return fail(fmt::format("the baseline's state is damaged, or has more than {} edges", options_.max_edges));
    *this = std::move(loaded);
    return {};
}

}  // namespace meshwarden::anomaly

#include "collector/series_key.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <random>

namespace meshwarden::collector {
namespace {

const std::array<std::uint64_t, 2>& secret() {
    static const std::array<std::uint64_t, 2> words = [] {
        std::random_device random;
        const auto word = [&] { return (std::uint64_t{random()} << 32) | random(); };
        return std::array{word(), word()};
    }();
    return words;
}

void round(std::uint64_t& a, std::uint64_t& b, std::uint64_t& c, std::uint64_t& d) {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
}

}  // namespace

KeyBuilder::KeyBuilder()
    : v0_(secret()[0] ^ 0x736f6d6570736575u),
      v1_(secret()[1] ^ 0x646f72616e646f6du),
      v2_(secret()[0] ^ 0x6c7967656e657261u),
      v3_(secret()[1] ^ 0x7465646279746573u) {}

void KeyBuilder::word(std::uint64_t value) {
    v3_ ^= value;
    round(v0_, v1_, v2_, v3_);
    v0_ ^= value;
}

void KeyBuilder::add(std::string_view text) {
    word(text.size());
    for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t chunk = 0;
        std::memcpy(&chunk, text.data() + at, std::min(sizeof(chunk), text.size() - at));
        word(chunk);
    }
}

std::uint64_t KeyBuilder::key() const {
    auto [a, b, c, d] = std::array{v0_, v1_, v2_ ^ 0xff, v3_};
    for (int i = 0; i < 3; ++i) round(a, b, c, d);
    const std::uint64_t key = a ^ b ^ c ^ d;
    return key == 0 ? 1 : key;
}

std::uint64_t series_key(std::span<const LabelView> labels, std::string_view without, std::string_view also) {
    KeyBuilder builder;
    for (const auto& [name, value] : labels) {
        if (value.empty() || (!without.empty() && name == without) || (!also.empty() && name == also)) continue;
        builder.add(name);
        builder.add(value);
    }
    return builder.key();
}

}  // namespace meshwarden::collector

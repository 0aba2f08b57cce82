// 64-bit keys of label sets. Keyed by a secret of the process (SipHash): whoever chooses label values cannot make two
// series fall together. Never stored. Thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace meshwarden::collector {

struct LabelView {
    std::string_view name;
    std::string_view value;
};

class KeyBuilder {
public:
    KeyBuilder();
    void add(std::string_view text);  // its length is part of the key
    std::uint64_t key() const;        // never 0

private:
    void word(std::uint64_t value);

    std::uint64_t v0_, v1_, v2_, v3_;
};

// Of labels in rising order of names, without those named `without...`.
std::uint64_t series_key(std::span<const LabelView> labels, std::string_view without = {}, std::string_view also = {});

}  // namespace meshwarden::collector

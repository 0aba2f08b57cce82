// What every target here shares: its one entry, a promise that ends the process when broken, and bytes as choices.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace meshwarden::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// `what` must hold of every input.
inline void promise(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "broken promise: %s\n", what);
    std::abort();
}

// A message that is shown: on one line, bounded.
inline void promise_presentable(std::string_view message, std::size_t longest) {
    promise(message.size() <= longest, "a message is bounded");
    for (const char c : message)
        promise(static_cast<unsigned char>(c) >= ' ' && c != 0x7f, "a message has no control characters");
}

// A random number generator that an input decides, and that goes on pseudo-randomly behind its end.
class Choices {
public:
    using result_type = std::uint16_t;
    Choices(const std::uint8_t* data, std::size_t size) : data_(data), size_(size), rest_(unsigned(size) + 1) {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return 0xffff; }
    result_type operator()() {
        if (at_ + 1 >= size_) return result_type(rest_() >> 8);
        at_ += 2;
        return result_type(data_[at_ - 2] << 8 | data_[at_ - 1]);
    }

private:
    const std::uint8_t* data_;
    std::size_t size_;
    std::size_t at_ = 0;
    std::minstd_rand rest_;
};

}  // namespace meshwarden::fuzz

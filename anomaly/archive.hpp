// Plain values as bytes and back. A type lists its fields once, in `keep(self, archive)`; ArchiveWriter and
// ArchiveReader both go through that list. The reader takes nothing on trust: it is bounded by the bytes that are
// there, and numbers are finite and of sane size.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace meshwarden::anomaly {

template <class Value>
concept Number = std::is_arithmetic_v<Value>;

class ArchiveWriter {
public:
    template <class... Values>
    void operator()(const Values&... values) { (one(values), ...); }
    template <class Value>
    void sized(const std::vector<Value>& values) {
        one(std::uint64_t(values.size()));
        for (const auto& value : values) one(value);
    }
    // Of many that are `empty`, only the others.
    void sparse(const auto& values, auto empty) {
        std::uint32_t others = 0;
        for (const auto value : values) others += value != empty;
        one(others);
        for (std::uint32_t at = 0; at < values.size(); ++at)
            if (values[at] != empty) (*this)(at, values[at]);
    }
    std::string take() { return std::move(bytes_); }

private:
    template <Number Value>
    void one(Value value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value)); }
    template <class Value, std::size_t n>
    void one(const std::array<Value, n>& values) { for (const auto& value : values) one(value); }
    template <class Value> requires(!Number<Value>)
    void one(const Value& value) { Value::keep(value, *this); }

    std::string bytes_;
};

class ArchiveReader {
public:
    explicit ArchiveReader(std::string_view bytes) : bytes_(bytes) {}

    template <class... Values>
    void operator()(Values&... values) { (one(values), ...); }
    // Every element takes at least a byte, so that a wrong size cannot ask for much memory.
    template <class Value>
    void sized(std::vector<Value>& values) {
        std::uint64_t size = 0;
        one(size);
        require(size <= bytes_.size());
        values.clear();
        for (std::uint64_t i = 0; good_ && i < size; ++i) one(values.emplace_back());
    }
    void sparse(auto& values, auto empty) {
        std::uint32_t others = 0, at = 0;
        one(others);
        for (auto& value : values) value = empty;
        for (std::uint32_t i = 0; good_ && i < others; ++i) {
            one(at);
            require(at < values.size());
            if (good_) one(values[at]);
        }
    }
    void require(bool holds) { good_ = good_ && holds; }
    bool good() const { return good_; }
    bool at_end() const { return bytes_.empty(); }

private:
    template <Number Value>
    void one(Value& value) {
        if (!good_ || bytes_.size() < sizeof(value)) {
            good_ = false;
            return;
        }
        if constexpr (std::is_same_v<Value, bool>) {
            value = bytes_[0] != 0;
        } else {
            std::memcpy(&value, bytes_.data(), sizeof(value));
            if constexpr (std::is_floating_point_v<Value>) require(std::abs(value) <= Value(1e18));  // not so for NaN
            else if constexpr (std::is_signed_v<Value>)
                require(value == INT32_MIN || (value >= -1 && std::int64_t(value) <= std::int64_t(1) << 40));
        }
        bytes_.remove_prefix(sizeof(value));
    }
    template <class Value, std::size_t n>
    void one(std::array<Value, n>& values) { for (auto& value : values) one(value); }
    template <class Value> requires(!Number<Value>)
    void one(Value& value) { Value::keep(value, *this); }

    std::string_view bytes_;
    bool good_ = true;
};

}  // namespace meshwarden::anomaly

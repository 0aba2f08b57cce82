// Whether a file is still the one that was read: changes with every write, replacement and removal. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace meshwarden::web {

struct FileMark {
    std::int64_t seconds = 0, nanoseconds = 0;
    std::uint64_t inode = 0, size = 0;
    bool operator==(const FileMark&) const = default;
};

FileMark mark_of(const std::string& file);  // all zero where it is no regular file

}  // namespace meshwarden::web

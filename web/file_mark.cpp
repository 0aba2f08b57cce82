#include "web/file_mark.hpp"

#include <sys/stat.h>

namespace meshwarden::web {

FileMark mark_of(const std::string& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return {};
    return {found.st_ctim.tv_sec, found.st_ctim.tv_nsec, found.st_ino, std::uint64_t(found.st_size)};
}

}  // namespace meshwarden::web

#include <cerrno>
#include <cstring>
#include <fstream>

#include <fmt/format.h>

#include "io/http_client.hpp"

namespace meshwarden::io {

Result<std::string> read_secret(const std::string& file) {
    constexpr std::size_t max_size = 64 * 1024;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return fail(fmt::format("cannot read the secret file {}: {}", file, std::strerror(errno)));
    std::string secret(max_size + 1, '\0');
    stream.read(secret.data(), static_cast<std::streamsize>(secret.size()));
    if (!stream.eof() || stream.bad()) {
        return fail(fmt::format("cannot read the secret file {}: it must be readable and at most 64 KiB", file));
    }
    secret.resize(static_cast<std::size_t>(stream.gcount()));
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    return secret;
}

}  // namespace meshwarden::io

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "incidents/sqlite_store.hpp"

namespace meshwarden::incidents {
namespace {

constexpr std::string_view scheme = "sqlite:";

// The copy while it is made; whatever is left of it goes away.
class Partial {
public:
    explicit Partial(const std::string& file) : path_(fmt::format("{}.{}.partial", file, getpid())) { clear(); }
    ~Partial() { clear(); }
    Partial(const Partial&) = delete;
    Partial& operator=(const Partial&) = delete;

    const std::string& path() const { return path_; }

private:
    void clear() {
        std::error_code unknown;
        for (const auto* suffix : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(path_ + suffix, unknown);
    }

    std::string path_;
};

void copy(const std::string& from, const std::string& to) {
    std::error_code unknown;
    const bool has_log = std::filesystem::exists(from + "-wal", unknown);
    Database source(from, Database::Mode::read_only, !has_log);
    Database target(to, Database::Mode::create);
    source.copy_to(target);
    target.run("PRAGMA journal_mode = DELETE");  // one file, with nothing beside it
}

}  // namespace

Result<Verification> back_up(std::string_view url, const std::string& file) {
    const std::string from(url.starts_with(scheme) ? url.substr(scheme.size()) : url);
    const auto failed = [&](std::string_view why) {
        return fail(fmt::format("cannot copy the database '{}' to '{}': {}", from, file, why));
    };
    std::error_code unknown;
    if (std::filesystem::exists(file, unknown)) return failed("that file exists; name another");
    const Partial partial(file);
    try {
        copy(from, partial.path());
    } catch (const SqliteError& problem) {
        if (!problem.damaged()) return failed(problem.what());
        Verification broken;
        broken.first_bad_seq = 1;
        broken.problem = fmt::format("the file is damaged: {}", problem.what());
        return broken;
    }
    auto store = open_store_read_only(partial.path());
    if (!store) return std::unexpected(store.error());
    auto verification = (*store)->verify();
    store->reset();
    if (!verification || !verification->whole) return verification;
    // A link refuses to replace what appeared in the meantime; a rename would not.
    if (link(partial.path().c_str(), file.c_str()) != 0) return failed(std::strerror(errno));
    return verification;
}

}  // namespace meshwarden::incidents

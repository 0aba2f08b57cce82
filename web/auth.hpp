// Who is asking: bearer tokens from files, which are read again when they change. Thread-safe.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/file_mark.hpp"
#include "web/options.hpp"

namespace meshwarden::web {

struct Caller {
    std::string name;
    Role role = Role::read;
};

class Authenticator {
public:
    // Without tokens everybody is "anonymous" and may do everything (Options allow that on loopback only).
    explicit Authenticator(std::vector<Token> tokens) { replace(std::move(tokens)); }
    void replace(std::vector<Token> tokens);

    // The caller behind an Authorization header; nothing where no token fits. A token file that cannot be read or is
    // empty lets nobody in. Every token is compared, in constant time.
    std::optional<Caller> identify(std::string_view authorization);

private:
    struct Entry {
        Token token;
        FileMark mark;
        std::string digest;  // SHA-256 of the token, "" where there is none
    };
    static void refresh(Entry& entry);

    std::mutex mutex_;
    std::vector<Entry> entries_;  // guarded by mutex_
};

}  // namespace meshwarden::web

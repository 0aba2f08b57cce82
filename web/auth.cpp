#include "web/auth.hpp"

#include <fstream>
#include <sstream>

#include "model/digest.hpp"

namespace meshwarden::web {
namespace {

constexpr std::uint64_t longest_token_file = 4'096;
constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool same(std::string_view a, std::string_view b) {
    if (a.size() != b.size() || a.empty()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i] ^ b[i]);
    return difference == 0;
}

std::string_view bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() <= scheme.size()) return {};
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((authorization[i] | 0x20) != scheme[i]) return {};
    return trimmed(authorization.substr(scheme.size()));
}

}  // namespace

void Authenticator::replace(std::vector<Token> tokens) {
    const std::lock_guard lock(mutex_);
    entries_.clear();
    for (auto& token : tokens) entries_.push_back({std::move(token), {}, {}});
}

void Authenticator::refresh(Entry& entry) {
    const auto mark = mark_of(entry.token.token_file);
    if (mark == entry.mark) return;
    entry.mark = mark;
    entry.digest.clear();
    if (mark.size > longest_token_file) return;
    std::ifstream file(entry.token.token_file, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    const auto token = text.str();
    if (!trimmed(token).empty()) entry.digest = sha256_hex(trimmed(token));
}

std::optional<Caller> Authenticator::identify(std::string_view authorization) {
    const std::lock_guard lock(mutex_);
    if (entries_.empty()) return Caller{"anonymous", Role::admin};
    const auto given = bearer(authorization);
    const auto digest = given.empty() ? std::string{} : sha256_hex(given);
    std::optional<Caller> caller;
    for (auto& entry : entries_) {
        refresh(entry);
        const bool fits = same(entry.digest, digest);
        if (fits && !caller) caller = Caller{entry.token.name, entry.token.role};
    }
    return caller;
}

}  // namespace meshwarden::web

#include "notify/secrets.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>

namespace meshwarden::notify {
namespace {

constexpr std::size_t shortest_token = 8;  // shorter parts of a path are names

std::string base64(const std::string& bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3), '\0');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                    static_cast<int>(bytes.size()));
    return text;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned char byte = 0;
        const bool escape = text[i] == '%' && i + 2 < text.size() &&
                            std::from_chars(&text[i + 1], &text[i + 1] + 2, byte, 16).ptr == &text[i + 1] + 2;
        decoded += escape ? static_cast<char>(byte) : text[i];
        if (escape) i += 2;
    }
    return decoded;
}

class Secrets {
public:
    void add_url(std::string_view url) {
        add(url);
        const auto scheme = url.find("://");
        if (scheme == url.npos) return;
        url.remove_prefix(scheme + 3);
        const auto host_end = std::min(url.find_first_of("/?#"), url.size());
        if (const auto at = url.substr(0, host_end).rfind('@'); at != url.npos) add_userinfo(url.substr(0, at));
        add_path(url.substr(host_end));
    }

    void add_user(const std::string& user, const std::string& password) {
        add(password.empty() ? user : password);
        add(base64(user + ":" + password));
    }

    void add_header(std::string_view value) {
        add(value);
        add(value.substr(value.rfind(' ') + 1));  // without its scheme
    }

    void add_file(const std::string& file) {
        if (!file.empty()) add(io::read_secret(file).value_or(""));
    }

    std::vector<std::string> take() {
        std::ranges::sort(all_, std::greater(), &std::string::size);  // no part before the whole
        return std::move(all_);
    }

private:
    void add(std::string_view secret) {
        if (secret.empty()) return;
        all_.emplace_back(secret);
        std::string in_json;  // as some write it
        for (const char c : secret) in_json += c == '/' ? "\\/" : std::string(1, c);
        if (in_json != secret) all_.push_back(std::move(in_json));
    }

    void add_userinfo(std::string_view text) {
        add(text);
        const auto colon = std::min(text.find(':'), text.size());
        const auto password = text.substr(std::min(colon + 1, text.size()));
        add(password);
        add_user(percent_decoded(text.substr(0, colon)), percent_decoded(password));
    }

    void add_path(std::string_view path) {
        constexpr std::string_view separators = "/?&=#";
        add(path);
        add(path.substr(0, path.find_first_of("?#")));
        if (!path.empty()) add(path.substr(1));
        while (!path.empty()) {
            const auto part = path.substr(0, path.find_first_of(separators));
            if (part.size() >= shortest_token) add(part), add(percent_decoded(part));
            path.remove_prefix(std::min(part.size() + 1, path.size()));
        }
    }

    std::vector<std::string> all_;
};

}  // namespace

std::vector<std::string> secrets_of(const io::Endpoint& endpoint) {
    Secrets secrets;
    secrets.add_url(endpoint.url);
    secrets.add_file(endpoint.bearer_token_file);
    if (!endpoint.username.empty())
        secrets.add_user(endpoint.username, endpoint.password_file.empty()
                                                ? std::string()
                                                : io::read_secret(endpoint.password_file).value_or(""));
    for (const auto& [name, value] : endpoint.headers) secrets.add_header(value);
    return secrets.take();
}

}  // namespace meshwarden::notify

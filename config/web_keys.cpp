#include <arpa/inet.h>

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "config/codecs.hpp"
#include "config/draft.hpp"

namespace meshwarden::config {

namespace {

struct Listen {
    std::string address;
    unsigned short port = 0;
};

bool is_address(const std::string& text, int family) {
    unsigned char bytes[sizeof(in6_addr)];
    return inet_pton(family, text.c_str(), bytes) == 1;
}

// 127.0.0.1:20011, [::1]:20011, localhost:20011, :20011 (every address).
std::optional<Listen> parse_listen(const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == std::string::npos) {
        return std::nullopt;
    }
    Listen listen{text.substr(0, colon), 0};
    const char* end = text.data() + text.size();
    if (const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, listen.port);
        error != std::errc() || rest != end) {
        return std::nullopt;
    }
    auto& address = listen.address;
    if (address.empty() || address == "localhost") {
        address = address.empty() ? "0.0.0.0" : "127.0.0.1";
    }
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
        return is_address(address, AF_INET6) ? std::optional(listen) : std::nullopt;
    }
    return is_address(address, AF_INET) ? std::optional(listen) : std::nullopt;
}

Codec<web::Options> listen_address() {
    const std::string type = "HOST:PORT, HOST an IP address, localhost, or none for every address";
    auto read = [=](const Value& value, web::Options& options) {
        const auto listen = parse_listen(value.node.text);
        if (!listen) {
            return value.expected(type + ", such as 127.0.0.1:20011");
        }
        options.address = listen->address;
        options.port = listen->port;
    };
    auto write = [](const web::Options& options) {
        const bool six = options.address.find(':') != std::string::npos;
        return fmt::format("\"{}{}{}:{}\"", six ? "[" : "", options.address, six ? "]" : "", options.port);
    };
    return {type, read, write, nullptr};
}

Keys<web::Token> token_keys() {
    using T = web::Token;
    return {
        required(key<T>("name", &T::name, word(), "Who: stands in the timeline of what this token does.")),
        key<T>("role", &T::role,
               choice<web::Role>(
                   {{"read", web::Role::read}, {"write", web::Role::write}, {"admin", web::Role::admin}}),
               "What it may do: look, act on incidents, reload."),
        required(key<T>("token_file", &T::token_file, file_path(), "File that holds the token.")),
    };
}

Keys<web::Options> tls_keys() {
    using O = web::Options;
    const auto file = [](auto member) {
        return [=](auto& options) -> auto& { return options.tls.*member; };
    };
    using T = web::TlsFiles;
    return {
        key<O>("cert_file", file(&T::cert_file), file_path(),
               "PEM of our certificate and its chain; empty: plain HTTP."),
        key<O>("key_file", file(&T::key_file), file_path(), "PEM of its key, without a password."),
        key<O>("client_ca_file", file(&T::client_ca_file), file_path(),
               "PEM of the authority whose clients alone may connect; tokens are needed as before."),
    };
}

}  // namespace

Keys<web::Options> web_keys() {
    using O = web::Options;
    return {
        key<O>("listen", std::identity{}, listen_address(),
               "Where the API and the console are served. Any other address than loopback needs tokens, or "
               "insecure_no_auth."),
        key<O>("external_url", &O::external_url, http_url(true),
               "How people reach the console; used in links. Without tokens the API answers to its host, to IP addresses "
               "and to names without a dot, and to no other name."),
        key<O>("tokens", &O::tokens, list_of_maps(token_keys(), web::Token{}),
               "Bearer tokens; none: whoever can connect may do everything."),
        key<O>("insecure_no_auth", &O::insecure_no_auth, flag(), "Serve other addresses than loopback without tokens."),
        section<O>("tls", tls_keys(),
                   "TLS 1.2 or later on our own listener; the files are read again when they change."),
    };
}

Keys<web::Options> link_keys() {
    using O = web::Options;
    return {
        key<O>("kiali", &O::kiali, text(), "Template of an incident's link into Kiali."),
        key<O>("traces", &O::traces, text(), "Template of an incident's link into the tracing system."),
        key<O>("grafana", &O::grafana, text(), "Template of an incident's link into Grafana."),
    };
}

}  // namespace meshwarden::config

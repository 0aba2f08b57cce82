// How one server is reached: the keys that Prometheus and the targets share.
#pragma once

#include "config/codecs.hpp"
#include "io/http_client.hpp"

namespace meshwarden::config {

// `endpoint`: callable from T& (and const T&) to its io::Endpoint.
template <class T, class Access>
Keys<T> endpoint_keys(Access endpoint) {
    const auto member = [=](auto field) {
        return [=](auto& t) -> auto& { return std::invoke(field, std::invoke(endpoint, t)); };
    };
    const auto tls = [=](auto field) {
        return [=](auto& t) -> auto& { return std::invoke(field, std::invoke(endpoint, t).tls); };
    };
    using E = io::Endpoint;
    using S = io::TlsOptions;
    const Keys<T> basic = {
        key<T>("username", member(&E::username), text(), "User of HTTP basic authentication."),
        key<T>("password_file", member(&E::password_file), file_path(), "File that holds the password."),
    };
    const Keys<T> tls_keys = {
        key<T>("ca_file", tls(&S::ca_file), file_path(), "PEM of the authority to trust; empty: the system's."),
        key<T>("cert_file", tls(&S::cert_file), file_path(), "PEM of the client certificate."),
        key<T>("key_file", tls(&S::key_file), file_path(), "PEM of the client key."),
        key<T>("server_name", tls(&S::server_name), text(), "Name that the server's certificate must carry."),
        key<T>("insecure_skip_verify", tls(&S::insecure_skip_verify), flag(), "Trust any certificate."),
    };
    return {
        key<T>("timeout", member(&E::timeout), duration(Duration{1}, std::chrono::minutes(10)),
               "Longest wait for one answer."),
        key<T>("bearer_token_file", member(&E::bearer_token_file), file_path(),
               "File that holds a bearer token; read anew for every request."),
        section<T>("basic_auth", basic, "HTTP basic authentication."),
        section<T>("tls", tls_keys, "TLS of the connection."),
        key<T>("headers", member(&E::headers), text_map(), "Further headers of every request."),
    };
}

template <class T>
Keys<T> joined_keys(Keys<T> first, const Keys<T>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

}  // namespace meshwarden::config

#include "web/tls.hpp"

#include <fmt/format.h>

#include <boost/asio/ssl/context.hpp>

namespace meshwarden::web {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

// Forward secrecy and authenticated encryption only; TLS 1.3 has nothing else.
constexpr const char* ciphers_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

Result<void> in_words(const char* key, const std::string& file, const error_code& error) {
    if (!error) return {};
    return fail(fmt::format("web.tls.{} {}: {}", key, file, error.message()));
}

void set_limits(ssl::context& context) {
    auto* native = context.native_handle();
    ::SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    ::SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
    ::SSL_CTX_set_cipher_list(native, ciphers_of_tls12);
    // No resumption: a client whose certificate has become worthless must not come back on an old session.
    ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_num_tickets(native, 0);
    ::SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
}

Result<void> use_client_authority(ssl::context& context, const std::string& file) {
    error_code error;
    context.load_verify_file(file, error);
    if (!error) context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
    if (error) return in_words("client_ca_file", file, error);
    // Tells clients that hold several certificates which one to show.
    ::SSL_CTX_set_client_CA_list(context.native_handle(), ::SSL_load_client_CA_file(file.c_str()));
    return {};
}

Result<std::unique_ptr<ssl::context>> make_context(const TlsFiles& files) {
    auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
    set_limits(*context);
    error_code error;
    // Without it OpenSSL asks the terminal for the password of an encrypted key.
    context->set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);
    context->use_certificate_chain_file(files.cert_file, error);
    if (auto good = in_words("cert_file", files.cert_file, error); !good) return std::unexpected(good.error());
    context->use_private_key_file(files.key_file, ssl::context::pem, error);
    if (auto good = in_words("key_file", files.key_file, error); !good) return std::unexpected(good.error());
    if (files.client_ca_file.empty()) return context;
    if (auto good = use_client_authority(*context, files.client_ca_file); !good)
        return std::unexpected(good.error());
    return context;
}

}  // namespace

Tls::Tls(TlsFiles files) : files_(std::move(files)), read_(marks()) {}
Tls::~Tls() = default;

Result<std::unique_ptr<Tls>> Tls::load(TlsFiles files) {
    std::unique_ptr<Tls> tls(new Tls(std::move(files)));
    auto context = make_context(tls->files_);
    if (!context) return std::unexpected(context.error());
    tls->context_ = std::move(*context);
    return tls;
}

Tls::Marks Tls::marks() const {
    return {mark_of(files_.cert_file), mark_of(files_.key_file), mark_of(files_.client_ca_file)};
}

Result<void> Tls::refresh() {
    const auto now = marks();
    if (now == read_) return {};
    read_ = now;
    auto context = make_context(files_);
    if (!context) return std::unexpected(context.error());
    context_ = std::move(*context);
    return {};
}

}  // namespace meshwarden::web

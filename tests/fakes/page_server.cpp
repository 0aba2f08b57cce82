#include "tests/fakes/page_server.hpp"

#include <algorithm>
#include <stdexcept>

#include <arpa/inet.h>
#include <csignal>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace meshwarden::fakes {

struct PageServer::Tls {
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};

    explicit Tls(const ServerTls& files) {
        if (SSL_CTX_use_certificate_chain_file(context.get(), files.cert_file.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(context.get(), files.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
            throw std::runtime_error("page server: certificate or key cannot be used");
        }
        if (files.client_ca_file.empty()) return;
        SSL_CTX_load_verify_locations(context.get(), files.client_ca_file.c_str(), nullptr);
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
};

class PageServer::Connection {
public:
    Connection(int socket, SSL_CTX* context) : socket_(socket) {
        if (context == nullptr) return;
        ssl_.reset(SSL_new(context));
        SSL_set_fd(ssl_.get(), socket);
        ready_ = SSL_accept(ssl_.get()) == 1;
    }
    ~Connection() {
        if (ssl_ && ready_) SSL_shutdown(ssl_.get());
        ::shutdown(socket_, SHUT_RDWR);
        ::close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    bool ready() const { return ready_; }
    int socket() const { return socket_; }

    std::string read() {
        char buffer[16384];
        const auto size = ssl_ ? SSL_read(ssl_.get(), buffer, sizeof(buffer))
                               : static_cast<int>(::recv(socket_, buffer, sizeof(buffer), 0));
        return size > 0 ? std::string(buffer, std::size_t(size)) : std::string();
    }

    void write(std::string_view text) {
        while (!text.empty()) {
            const auto size = ssl_ ? SSL_write(ssl_.get(), text.data(), int(text.size()))
                                   : static_cast<int>(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL));
            if (size <= 0) return;
            text.remove_prefix(std::size_t(size));
        }
    }

private:
    int socket_;
    bool ready_ = true;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_{nullptr, &SSL_free};
};

namespace {

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return text;
}

PageRequest parse_head(const std::string& head) {
    PageRequest request;
    const auto first_end = head.find("\r\n");
    const std::string first = head.substr(0, first_end);
    request.method = first.substr(0, first.find(' '));
    const auto path_begin = first.find(' ') + 1;
    request.path = first.substr(path_begin, first.find(' ', path_begin) - path_begin);
    for (auto at = first_end + 2; at < head.size();) {
        const auto end = std::min(head.find("\r\n", at), head.size());
        const std::string line = head.substr(at, end - at);
        if (const auto colon = line.find(':'); colon != line.npos) {
            const auto value = line.find_first_not_of(' ', colon + 1);
            request.headers[lower(line.substr(0, colon))] = value == line.npos ? "" : line.substr(value);
        }
        at = end + 2;
    }
    return request;
}

std::string head_of(const PageAnswer& answer) {
    std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(answer.body.size()) + "\r\n";
    for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
    return head + "\r\n";
}

}  // namespace

PageServer::PageServer(Handler handler, std::optional<ServerTls> tls) : handler_(std::move(handler)) {
    if (tls) tls_ = std::make_unique<Tls>(*tls);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (listener_ < 0 || ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("page server: cannot listen");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

PageServer::~PageServer() {
    stopping_ = true;
    acceptor_.join();
    connections_.clear();
    ::close(listener_);
}

std::string PageServer::address() const {
    return "127.0.0.1:" + std::to_string(port_);
}

std::string PageServer::url() const {
    return (tls_ ? "https://" : "http://") + address();
}

void PageServer::accept_all() {
    while (!stopping_) {
        pollfd waiting{listener_, POLLIN, 0};
        if (::poll(&waiting, 1, 20) <= 0) continue;
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const timeval patience{5, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        connections_.emplace_back([this, socket] { serve(socket); });
    }
}

void PageServer::serve(int socket) {
    // OpenSSL writes without MSG_NOSIGNAL; the signal is for this thread.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    Connection connection(socket, tls_ ? tls_->context.get() : nullptr);
    if (!connection.ready()) return;
    std::string text;
    std::size_t head_end = text.npos;
    while (head_end == text.npos) {
        const std::string more = connection.read();
        if (more.empty()) return;
        text += more;
        head_end = text.find("\r\n\r\n");
    }
    PageRequest request = parse_head(text.substr(0, head_end));
    request.body = text.substr(head_end + 4);
    const auto length = request.headers.find("content-length");
    const std::size_t size = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (request.body.size() < size) {
        const std::string more = connection.read();
        if (more.empty()) return;
        request.body += more;
    }
    ++requests_;
    const PageAnswer answer = handler_(request);
    while (answer.hang && !stopping_) {
        pollfd waiting{connection.socket(), POLLIN, 0};
        if (::poll(&waiting, 1, 20) > 0) return;  // the client gave up
    }
    if (answer.hang) return;
    connection.write(head_of(answer));
    connection.write(std::string_view(answer.body).substr(0, answer.cut_after.value_or(answer.body.size())));
}

}  // namespace meshwarden::fakes

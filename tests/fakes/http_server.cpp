#include "tests/fakes/http_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <stdexcept>

namespace meshwarden::fakes {
namespace {

int listen_on(unsigned short port, unsigned short& bound) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || bind(listener, any, size) != 0 || listen(listener, 64) != 0 ||
        getsockname(listener, any, &size) != 0)
        throw std::runtime_error("the fake HTTP server cannot listen");
    bound = ntohs(address.sin_port);
    return listener;
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void parse_head(const std::string& head, HttpRequest& request) {
    std::size_t line = 0;
    for (std::size_t at = 0; at < head.size();) {
        const auto end = std::min(head.find("\r\n", at), head.size());
        const std::string text = head.substr(at, end - at);
        at = end + 2;
        if (line++ == 0) {
            request.method = text.substr(0, text.find(' '));
            const auto from = request.method.size() + 1;
            request.path = text.substr(from, text.find(' ', from) - from);
        } else if (const auto colon = text.find(": "); colon != text.npos) {
            request.headers[lower(text.substr(0, colon))] = text.substr(colon + 2);
        }
    }
}

bool read_more(int socket, std::string& buffer) {
    char bytes[16384];
    const auto count = recv(socket, bytes, sizeof bytes, 0);
    if (count <= 0) return false;
    buffer.append(bytes, static_cast<std::size_t>(count));
    return true;
}

bool write_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

std::optional<HttpRequest> read_request(int socket, std::string& buffer) {
    HttpRequest request;
    std::size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos)
        if (!read_more(socket, buffer)) return {};
    parse_head(buffer.substr(0, end), request);
    if (request.headers.contains("expect")) write_all(socket, "HTTP/1.1 100 Continue\r\n\r\n");
    const auto length = request.headers.contains("content-length") ? std::stoul(request.headers["content-length"]) : 0;
    while (buffer.size() < end + 4 + length)
        if (!read_more(socket, buffer)) return {};
    request.body = buffer.substr(end + 4, length);
    buffer.erase(0, end + 4 + length);
    request.received = std::chrono::steady_clock::now();
    return request;
}

}  // namespace

HttpServer::HttpServer(Answer answer, unsigned short port)
    : answer_(std::move(answer)), listener_(listen_on(port, port_)), acceptor_([this] { accept_all(); }) {}

HttpServer::~HttpServer() {
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    {
        const std::lock_guard lock(mutex_);
        for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
    }
    changed_.notify_all();
    for (auto& thread : threads_) thread.join();
    for (const int socket : sockets_) close(socket);
}

std::string HttpServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<HttpRequest> HttpServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

bool HttpServer::wait_for(std::size_t count, std::chrono::milliseconds limit) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return requests_.size() >= count; });
}

void HttpServer::accept_all() {
    while (!stopping_) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        const int on = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const std::lock_guard lock(mutex_);
        sockets_.push_back(socket);
        threads_.emplace_back([this, socket] { serve(socket); });
    }
}

void HttpServer::serve(int socket) {
    std::string buffer;
    while (const auto request = read_request(socket, buffer)) {
        {
            const std::lock_guard lock(mutex_);
            requests_.push_back(*request);
        }
        changed_.notify_all();
        if (!reply(socket, *request)) break;
    }
    shutdown(socket, SHUT_RDWR);
}

bool HttpServer::reply(int socket, const HttpRequest& request) {
    const auto answer = answer_(request);
    if (answer.hang) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return stopping_.load(); });
        return false;
    }
    if (answer.cut) return false;
    std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " Status\r\n";
    for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
    out += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
    return write_all(socket, out);
}

unsigned short free_port() {
    unsigned short port = 0;
    close(listen_on(0, port));
    return port;
}

}  // namespace meshwarden::fakes

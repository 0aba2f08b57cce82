#include "tests/web/client.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace meshwarden::tests {
namespace {

constexpr int deadline = 5'000;

std::size_t announced_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == head.npos ? 0 : std::stoul(head.substr(at + 16));
}

bool readable(int socket, int milliseconds) {
    pollfd wanted{socket, POLLIN, 0};
    return ::poll(&wanted, 1, milliseconds) > 0;
}

}  // namespace

Client::Client(unsigned short port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(socket_);
        throw std::runtime_error("cannot connect");
    }
}

Client::~Client() {
    if (socket_ >= 0) ::close(socket_);
}

void Client::send(const std::string& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) return;
        sent += std::size_t(count);
    }
}

void Client::send_some(const std::string& bytes) const {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count <= 0) return;
        sent += std::size_t(count);
    }
}

std::string Client::until(const std::string& text) const {
    std::array<char, 4'096> buffer;
    while (rest_.find(text) == rest_.npos) {
        const auto count = readable(socket_, deadline) ? ::recv(socket_, buffer.data(), buffer.size(), 0) : 0;
        if (count <= 0) return std::exchange(rest_, {});
        rest_.append(buffer.data(), std::size_t(count));
    }
    const auto end = rest_.find(text) + text.size();
    auto found = rest_.substr(0, end);
    rest_.erase(0, end);
    return found;
}

std::string Client::answer(bool is_head) const {
    std::string text;
    std::array<char, 65'536> buffer;
    while (true) {
        const auto end = text.find("\r\n\r\n");
        if (end != text.npos && (is_head || text.size() >= end + 4 + announced_length(text))) return text;
        if (!readable(socket_, deadline)) return text;
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (count <= 0) return text;
        text.append(buffer.data(), std::size_t(count));
    }
}

std::string Client::ask(const std::string& head) const {
    send(head + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return answer(head.starts_with("HEAD"));
}

bool Client::is_closed(int milliseconds) const {
    char byte = 0;
    return readable(socket_, milliseconds) && ::recv(socket_, &byte, 1, 0) <= 0;
}

bool Client::is_reset() const {
    pollfd wanted{socket_, POLLRDHUP, 0};
    return ::poll(&wanted, 1, 2 * deadline) > 0 && (wanted.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

}  // namespace meshwarden::tests

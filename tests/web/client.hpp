// A plain blocking socket with a deadline on every read, for what a well-behaved client library would not do.
#pragma once

#include <string>

namespace meshwarden::tests {

class Client {
public:
    explicit Client(unsigned short port);
    ~Client();
    Client(Client&& other) noexcept : socket_(other.socket_), rest_(std::move(other.rest_)) { other.socket_ = -1; }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void send(const std::string& bytes) const;
    void send_some(const std::string& bytes) const;  // as much as the other side takes at once
    // What comes until this text has, or until the end or the deadline; what follows it waits for the next call.
    std::string until(const std::string& text) const;
    // One whole answer (by Content-Length; a HEAD request's without body), or what came until the end or the deadline.
    std::string answer(bool is_head = false) const;
    std::string ask(const std::string& head) const;  // e.g. "GET /healthz"; keeps the connection
    bool is_closed(int milliseconds = 3'000) const;  // the server has closed, within so long
    bool is_reset() const;  // the same of one that has not read what came, within the deadline

private:
    int socket_ = -1;
    mutable std::string rest_;
};

}  // namespace meshwarden::tests

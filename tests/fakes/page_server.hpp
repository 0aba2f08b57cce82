// A tiny HTTP/1.1 server on loopback for tests: one handler, a thread per connection, TLS if a certificate is given.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace meshwarden::fakes {

struct PageRequest {
    std::string method;
    std::string path;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body = {};
};

struct PageAnswer {
    int status = 200;
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::optional<std::size_t> cut_after = {};  // the connection ends after so many bytes of the body
    bool hang = false;                     // nothing is ever answered
};

struct ServerTls {
    std::string cert_file;
    std::string key_file;
    std::string client_ca_file = {};  // a client certificate is required where this is given
};

class PageServer {
public:
    using Handler = std::function<PageAnswer(const PageRequest&)>;  // called from several threads

    explicit PageServer(Handler handler, std::optional<ServerTls> tls = std::nullopt);
    ~PageServer();
    PageServer(const PageServer&) = delete;
    PageServer& operator=(const PageServer&) = delete;

    int port() const { return port_; }
    std::string address() const;  // 127.0.0.1:port
    std::string url() const;
    int requests() const { return requests_; }

private:
    struct Tls;
    class Connection;

    void accept_all();
    void serve(int socket);

    Handler handler_;
    std::unique_ptr<Tls> tls_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<int> requests_ = 0;
    std::list<std::jthread> connections_;
    std::jthread acceptor_;
};

}  // namespace meshwarden::fakes

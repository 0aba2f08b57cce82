// A plain HTTP server on loopback for tests: a thread a connection, answers by a function, remembers every request.
// `answer` is called from several threads at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace meshwarden::fakes {

struct HttpRequest {
    std::string method, path, body;
    std::map<std::string, std::string> headers;  // names in lower case
    std::chrono::steady_clock::time_point received;
};

struct HttpAnswer {
    int status = 200;
    std::string body = "ok";
    std::vector<std::pair<std::string, std::string>> headers;
    bool hang = false;  // no answer before the server goes
    bool cut = false;   // the connection is closed instead
};

class HttpServer {
public:
    using Answer = std::function<HttpAnswer(const HttpRequest&)>;

    explicit HttpServer(Answer answer, unsigned short port = 0);  // 0: a free one
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;

    unsigned short port() const { return port_; }
    std::string url(const std::string& path = "") const;
    std::vector<HttpRequest> requests() const;
    // False when fewer than `count` have come within `limit`.
    bool wait_for(std::size_t count, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

private:
    void accept_all();
    void serve(int socket);
    bool reply(int socket, const HttpRequest& request);

    Answer answer_;
    unsigned short port_ = 0;  // before the listener, which sets it
    int listener_ = -1;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<HttpRequest> requests_;
    std::vector<int> sockets_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_ = false;
    std::thread acceptor_;
};

// A port on which nobody listens.
unsigned short free_port();

}  // namespace meshwarden::fakes

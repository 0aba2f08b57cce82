#include "web/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "web/connection.hpp"

namespace meshwarden::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr int handler_threads = 2;
constexpr rlim_t files_for_others = 128;
constexpr Duration pause_after_failed_accept = std::chrono::milliseconds(20);

// Every connection is a file; asks for as many as the process may have, and says how many connections fit.
std::size_t fitting_connections(std::size_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    const rlim_t needed = std::min<rlim_t>(wanted + files_for_others, limit.rlim_max);
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = needed;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        ::getrlimit(RLIMIT_NOFILE, &limit);
    }
    const rlim_t fitting =
        limit.rlim_cur > 2 * files_for_others ? limit.rlim_cur - files_for_others : limit.rlim_cur / 2;
    return std::min<std::size_t>(wanted, fitting);
}

}  // namespace

class Server::Implementation {
public:
    Implementation(Options options, Dependencies dependencies)
        : options_(std::move(options)),
          dependencies_(std::move(dependencies)),
          authenticator_(options_.tokens),
          most_connections_(fitting_connections(options_.max_connections)),
          workers_(handler_threads, options_, dependencies_, authenticator_) {}

    ~Implementation() { stop(); }

    Result<void> listen() {
        error_code error;
        const auto where = fmt::format("web.listen {}:{}", options_.address, options_.port);
        const auto address = asio::ip::make_address(options_.address, error);
        if (error) return fail(fmt::format("{}: not an IP address", where));
        const tcp::endpoint endpoint(address, options_.port);
        acceptor_.open(endpoint.protocol(), error);
        if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_.bind(endpoint, error);
        if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
        if (error) return fail(fmt::format("cannot listen on {}: {}", where, error.message()));
        port_ = acceptor_.local_endpoint().port();
        accept();
        thread_ = std::jthread([this] { run(); });
        return {};
    }

    unsigned short port() const { return port_; }

    void stop() {
        if (!thread_.joinable()) return;
        workers_.stop();
        io_.stop();
        thread_.join();
        // This is now the only thread: what was under way ends here, and every client sees it.
        error_code ignored;
        acceptor_.close(ignored);
        retry_.cancel();
        connections_.close_all();
        io_.restart();
        io_.poll();
    }

private:
    void run() {
        while (!io_.stopped()) {
            try {
                io_.run();
            } catch (const std::exception&) {
                // One connection failed (out of memory, for example) and is gone; the others go on.
            }
        }
    }

    void accept() {
        acceptor_.async_accept(
            [this](const error_code& error, tcp::socket socket) { on_accept(error, std::move(socket)); });
    }

    void on_accept(const error_code& error, tcp::socket socket) {
        if (!acceptor_.is_open()) return;
        if (error) return retry_accept();
        accept();
        if (connections_.size() < most_connections_ || connections_.close_longest_waiting())
            make_connection(std::move(socket), service_)->start();
    }

    // Out of files, most likely: make room and try again, without spinning.
    void retry_accept() {
        connections_.close_longest_waiting();
        retry_.expires_after(pause_after_failed_accept);
        retry_.async_wait([this](const error_code& error) {
            if (!error && acceptor_.is_open()) accept();
        });
    }

    const Options options_;
    const Dependencies dependencies_;
    Authenticator authenticator_;
    const std::size_t most_connections_;
    Context at_once_{options_, dependencies_, authenticator_, nullptr, {}};
    Connections connections_;  // before io_: connections that die with it still leave the list
    asio::io_context io_{1};
    tcp::acceptor acceptor_{io_};
    asio::steady_timer retry_{io_};
    unsigned short port_ = 0;
    Workers workers_;
    Service service_{options_, at_once_, workers_, connections_};
    std::jthread thread_;
};

Server::Server(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Options options, Dependencies dependencies) {
    auto implementation = std::make_unique<Implementation>(std::move(options), std::move(dependencies));
    if (auto listening = implementation->listen(); !listening) return std::unexpected(listening.error());
    return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

unsigned short Server::port() const { return implementation_->port(); }
void Server::stop() { implementation_->stop(); }

}  // namespace meshwarden::web

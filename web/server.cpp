#include "web/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <thread>

#include "web/connection.hpp"
#include "web/listener.hpp"
#include "web/tls.hpp"

namespace meshwarden::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr int handler_threads = 2;
constexpr rlim_t files_for_others = 128;
constexpr int ticks_between_tls_checks = 10;

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

// Null without TLS.
Result<std::unique_ptr<Tls>> load_tls(const Options& options) {
    if (options.tls.cert_file.empty()) return std::unique_ptr<Tls>();
    return Tls::load(options.tls);
}

bool same_place(const Options& a, const Options& b) { return a.address == b.address && a.port == b.port; }

}  // namespace

class Server::Implementation {
public:
    Implementation(Options options, Dependencies dependencies)
        : limits_(std::move(options)),
          settings_(limits_),
          dependencies_(std::move(dependencies)),
          authenticator_(limits_.tokens),
          most_connections_(fitting_connections(limits_.max_connections)),
          workers_(handler_threads, settings_, dependencies_, authenticator_) {}

    ~Implementation() { stop(); }

    Result<void> listen() {
        auto tls = load_tls(limits_);
        if (!tls) return std::unexpected(tls.error());
        auto acceptor = open_acceptor(io_, limits_.address, limits_.port);
        if (!acceptor) return std::unexpected(acceptor.error());
        tls_ = std::move(*tls);
        replace_listener(std::move(*acceptor));
        wait_tick();
        thread_ = std::jthread([this] { run(); });
        return {};
    }

    Result<void> reconfigure(Options options) {
        if (!thread_.joinable()) return fail("the web server is stopped");
        auto tls = load_tls(options);
        if (!tls) return std::unexpected(tls.error());
        std::optional<tcp::acceptor> acceptor;
        if (!same_place(options, *settings_.get())) {
            auto opened = open_acceptor(io_, options.address, options.port);
            if (!opened) return fail(opened.error().message + "; the same port at another address needs a restart");
            acceptor = std::move(*opened);
        }
        std::packaged_task<void()> apply([&] {
            if (acceptor) replace_listener(std::move(*acceptor));
            tls_ = std::move(*tls);
            authenticator_.replace(options.tokens);
            settings_.set(std::move(options));
        });
        asio::post(io_, [&apply] { apply(); });
        apply.get_future().get();
        return {};
    }

    unsigned short port() const { return port_; }

    void stop() {
        if (!thread_.joinable()) return;
        workers_.stop();
        io_.stop();
        thread_.join();
        // This is now the only thread: what was under way ends here, and every client sees it.
        listener_->close();
        ticker_.cancel();
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

    void replace_listener(tcp::acceptor acceptor) {
        if (listener_) listener_->close();
        port_ = acceptor.local_endpoint().port();
        const auto take = [this](tcp::socket socket) { on_client(std::move(socket)); };
        const auto make_room = [this] { connections_.close_longest_waiting(); };
        listener_ = std::make_shared<Listener>(std::move(acceptor), take, make_room);
        listener_->accept();
    }

    void on_client(tcp::socket socket) {
        if (connections_.size() >= most_connections_ && !connections_.close_longest_waiting()) return;
        auto channel =
            tls_ ? tls_channel(std::move(socket), tls_->context()) : plain_channel(std::move(socket));
        make_connection(std::move(channel), service_)->start();
    }

    void wait_tick() {
        ticker_.expires_after(tick_length);
        ticker_.async_wait([this](const error_code& error) {
            if (error) return;
            wait_tick();
            connections_.tick();
            if (++ticks_ % ticks_between_tls_checks == 0) refresh_tls();
        });
    }

    void refresh_tls() {
        if (!tls_) return;
        if (const auto good = tls_->refresh(); !good && dependencies_.warn)
            dependencies_.warn(good.error().message + "; the certificate that was read before goes on");
    }

    const Options limits_;
    Settings settings_;
    const Dependencies dependencies_;
    Authenticator authenticator_;
    const std::size_t most_connections_;
    Connections connections_;  // before io_: connections that die with it still leave the list
    asio::io_context io_{1};
    asio::steady_timer ticker_{io_};
    int ticks_ = 0;
    std::shared_ptr<Listener> listener_;  // as tls_: on the thread of the sockets once that runs
    std::unique_ptr<Tls> tls_;
    std::atomic<unsigned short> port_ = 0;
    Workers workers_;
    Service service_{limits_, settings_, dependencies_, authenticator_, workers_, connections_, io_.get_executor()};
    std::jthread thread_;
};

Server::Server(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(Options options, Dependencies dependencies) {
    auto implementation = std::make_unique<Implementation>(std::move(options), std::move(dependencies));
    if (auto listening = implementation->listen(); !listening) return std::unexpected(listening.error());
    return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

Result<void> Server::reconfigure(Options options) { return implementation_->reconfigure(std::move(options)); }
unsigned short Server::port() const { return implementation_->port(); }
void Server::stop() { implementation_->stop(); }

}  // namespace meshwarden::web

#include "web/listener.hpp"

#include <fmt/format.h>

#include "model/time.hpp"

namespace meshwarden::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr Duration pause_after_failed_accept = std::chrono::milliseconds(20);

}  // namespace

Result<tcp::acceptor> open_acceptor(asio::io_context& io, const std::string& address, unsigned short port) {
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) return fail(fmt::format("web.listen {}:{}: not an IP address", address, port));
    const tcp::endpoint endpoint(ip, port);
    tcp::acceptor acceptor(io);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) return fail(fmt::format("cannot listen on web.listen {}:{}: {}", address, port, error.message()));
    return acceptor;
}

void Listener::accept() {
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
        if (!self->acceptor_.is_open()) return;
        if (error) return self->retry();
        self->accept();
        self->take_(std::move(socket));
    });
}

// Out of files, most likely: make room and try again, without spinning.
void Listener::retry() {
    make_room_();
    retry_.expires_after(pause_after_failed_accept);
    retry_.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error && self->acceptor_.is_open()) self->accept();
    });
}

void Listener::close() {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
}

}  // namespace meshwarden::web

// The listening socket. On the thread of the sockets only, but for open_acceptor.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

#include "model/error.hpp"

namespace meshwarden::web {

// Bound and listening. Fails on an address that is no IP address or cannot be bound; any thread.
Result<boost::asio::ip::tcp::acceptor> open_acceptor(boost::asio::io_context& io, const std::string& address,
                                                     unsigned short port);

class Listener : public std::enable_shared_from_this<Listener> {
public:
    using Take = std::function<void(boost::asio::ip::tcp::socket)>;

    // `make_room`: no further file can be opened; closes a connection if it can.
    Listener(boost::asio::ip::tcp::acceptor acceptor, Take take, std::function<void()> make_room)
        : acceptor_(std::move(acceptor)), retry_(acceptor_.get_executor()), take_(std::move(take)),
          make_room_(std::move(make_room)) {}

    void accept();  // from now on
    void close();   // neither function is called after it

private:
    void retry();

    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer retry_;
    Take take_;
    std::function<void()> make_room_;
};

}  // namespace meshwarden::web

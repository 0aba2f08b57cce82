// The bytes of one client, plain or under TLS. On the thread of the sockets only; every Done is called there, once,
// with operation_aborted after close().
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace boost::asio::ssl {
class context;
}

namespace meshwarden::web {

class Channel {
public:
    using Done = std::function<void(const boost::system::error_code&, std::size_t)>;

    virtual ~Channel() = default;
    virtual void open(Done done) = 0;                          // the handshake; without TLS there is none
    virtual void read(std::span<char> into, Done done) = 0;    // some; one at a time
    virtual void write(std::string_view bytes, Done done) = 0;  // all; one at a time; the bytes stay until then
    // Says that nothing more is written. What is read afterwards is not what the client said, only that it lives.
    virtual void finish(Done done) = 0;
    virtual bool is_open() const = 0;
    virtual void close() = 0;  // at once; may be repeated
};

std::unique_ptr<Channel> plain_channel(boost::asio::ip::tcp::socket socket);
std::unique_ptr<Channel> tls_channel(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& context);

}  // namespace meshwarden::web

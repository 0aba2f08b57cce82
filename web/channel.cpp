#include "web/channel.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

namespace meshwarden::web {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

void send_at_once(tcp::socket& socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
}

class PlainChannel final : public Channel {
public:
    explicit PlainChannel(tcp::socket socket) : socket_(std::move(socket)) { send_at_once(socket_); }

    void open(Done done) override { done({}, 0); }
    void read(std::span<char> into, Done done) override {
        socket_.async_read_some(asio::buffer(into.data(), into.size()), std::move(done));
    }
    void write(std::string_view bytes, Done done) override {
        asio::async_write(socket_, asio::buffer(bytes.data(), bytes.size()), std::move(done));
    }
    void finish(Done done) override {
        error_code ignored;
        socket_.shutdown(tcp::socket::shutdown_send, ignored);
        done({}, 0);
    }
    bool is_open() const override { return socket_.is_open(); }
    void close() override {
        error_code ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

class TlsChannel final : public Channel {
public:
    TlsChannel(tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {
        send_at_once(stream_.next_layer());
    }

    void open(Done done) override {
        stream_.async_handshake(asio::ssl::stream_base::server,
                                [done = std::move(done)](const error_code& error) { done(error, 0); });
    }
    void read(std::span<char> into, Done done) override {
        const auto buffer = asio::buffer(into.data(), into.size());
        // After our close_notify TLS would refuse what a client still sends; it is read only to be thrown away.
        if (is_finished_) return stream_.next_layer().async_read_some(buffer, std::move(done));
        stream_.async_read_some(buffer, std::move(done));
    }
    void write(std::string_view bytes, Done done) override {
        asio::async_write(stream_, asio::buffer(bytes.data(), bytes.size()), std::move(done));
    }
    void finish(Done done) override {
        is_finished_ = true;
        stream_.async_shutdown([this, done = std::move(done)](const error_code&) {
            error_code ignored;
            stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
            done({}, 0);
        });
    }
    bool is_open() const override { return stream_.next_layer().is_open(); }
    void close() override {
        error_code ignored;
        stream_.next_layer().close(ignored);
    }

private:
    asio::ssl::stream<tcp::socket> stream_;
    bool is_finished_ = false;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(tcp::socket socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

std::unique_ptr<Channel> tls_channel(tcp::socket socket, asio::ssl::context& context) {
    return std::make_unique<TlsChannel>(std::move(socket), context);
}

}  // namespace meshwarden::web

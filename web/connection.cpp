#include "web/connection.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>

namespace meshwarden::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t read_size = 4'096;
constexpr std::size_t longest_drain = 256u << 10;
constexpr Duration drain_timeout = std::chrono::seconds(1);

Method method_of(http::verb verb) {
    switch (verb) {
        case http::verb::get: return Method::get;
        case http::verb::head: return Method::head;
        case http::verb::post: return Method::post;
        default: return Method::other;
    }
}

Request to_request(http::request<http::string_body>&& message) {
    Request request;
    request.method = method_of(message.method());
    const auto target = message.target();
    if (!parse_target({target.data(), target.size()}, request)) request.path.clear();
    for (const auto& field : message) {
        std::string name(field.name_string().data(), field.name_string().size());
        for (auto& c : name) c = c >= 'A' && c <= 'Z' ? char(c + 'a' - 'A') : c;
        request.headers.emplace_back(std::move(name), std::string(field.value().data(), field.value().size()));
    }
    request.body = std::move(message.body());
    return request;
}

// The whole answer as it goes over the wire.
std::string to_wire(const Response& response, bool with_body, bool keep_alive) {
    auto text = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
    for (const auto& [name, value] : response.headers) text += fmt::format("{}: {}\r\n", name, value);
    if (!response.content_type.empty()) text += fmt::format("Content-Type: {}\r\n", response.content_type);
    if (response.status != 304) text += fmt::format("Content-Length: {}\r\n", response.body.size());
    text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    if (with_body && response.status != 304) text += response.body;
    return text;
}

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(tcp::socket socket, Service& service) : stream_(std::move(socket)), service_(service) {}
    ~HttpConnection() override { service_.connections.remove(this); }

    void start() override {
        service_.connections.add(this);
        error_code ignored;
        stream_.socket().set_option(tcp::no_delay(true), ignored);
        prepare();
        read_header();
    }

    void close() override {
        service_.connections.remove(this);
        error_code ignored;
        stream_.socket().close(ignored);
    }

private:
    // A completion handler that keeps this connection alive.
    template <class Step>
    auto then(Step step) {
        return [self = shared_from_this(), step](const error_code& error, std::size_t bytes) {
            if (self->stream_.socket().is_open() || error) (self.get()->*step)(error, bytes);
        };
    }

    void prepare() {
        service_.connections.waits(this);
        parser_.emplace();
        parser_->header_limit(std::uint32_t(service_.options.max_header));
        parser_->body_limit(service_.options.max_body);
    }

    // Between two requests a client may rest for longer than it may take over one.
    void await_next() {
        prepare();
        if (buffer_.size() > 0) return read_header();
        stream_.expires_after(service_.options.idle_timeout);
        stream_.async_read_some(buffer_.prepare(read_size), then(&HttpConnection::on_first_bytes));
    }

    void on_first_bytes(const error_code& error, std::size_t bytes) {
        if (error) return close();
        buffer_.commit(bytes);
        read_header();
    }

    void read_header() {
        stream_.expires_after(service_.options.header_timeout);
        http::async_read_header(stream_, buffer_, *parser_, then(&HttpConnection::on_header));
    }

    void on_header(const error_code& error, std::size_t) {
        if (error) return on_bad_request(error);
        if (parser_->is_done()) return serve();
        const auto expect = parser_->get()[http::field::expect];
        if (!beast::iequals(expect, "100-continue")) return read_body();
        wire_ = "HTTP/1.1 100 Continue\r\n\r\n";
        asio::async_write(stream_, asio::buffer(wire_), then(&HttpConnection::on_continue));
    }

    void on_continue(const error_code& error, std::size_t) { error ? close() : read_body(); }

    void read_body() {
        stream_.expires_after(service_.options.header_timeout);
        http::async_read(stream_, buffer_, *parser_, then(&HttpConnection::on_body));
    }

    void on_body(const error_code& error, std::size_t) { error ? on_bad_request(error) : serve(); }

    void on_bad_request(const error_code& error) {
        const bool is_protocol = error.category() == http::make_error_code(http::error::bad_target).category();
        if (!is_protocol || error == http::error::end_of_stream || error == http::error::partial_message)
            return close();
        keep_alive_ = false;
        is_head_ = false;
        if (error == http::error::header_limit)
            return refuse(431, fmt::format("the header is longer than {} bytes", service_.options.max_header));
        if (error == http::error::body_limit)
            return refuse(413, fmt::format("the body is longer than {} bytes", service_.options.max_body));
        refuse(400, "this is not HTTP/1.1: " + error.message());
    }

    void refuse(int status, const std::string& detail) {
        auto response = problem(status, detail);
        add_security_headers(response);
        answer(response);
    }

    void serve() {
        service_.connections.is_served(this);
        auto message = parser_->release();
        keep_alive_ = message.keep_alive();
        is_head_ = message.method() == http::verb::head;
        if (message.version() >= 11 && message.find(http::field::host) == message.end()) {
            keep_alive_ = false;
            return refuse(400, "a request of HTTP/1.1 needs a Host header");
        }
        auto request = to_request(std::move(message));
        if (!needs_store(request)) return answer(handle(request, service_.at_once));
        const auto executor = stream_.get_executor();
        // The handler thread gives its hold on this connection back: it may end only on the thread of the sockets.
        auto done = [self = shared_from_this(), executor](Response response) mutable {
            asio::post(executor, [self = std::move(self), response = std::move(response)] { self->answer(response); });
        };
        const bool accepted = service_.workers.submit(std::move(request), std::move(done));
        if (!accepted) refuse(503, "too many requests are waiting; try again");
    }

    void answer(const Response& response) {
        if (!stream_.socket().is_open()) return;
        wire_ = to_wire(response, !is_head_, keep_alive_);
        stream_.expires_after(service_.options.idle_timeout);
        asio::async_write(stream_, asio::buffer(wire_), then(&HttpConnection::on_written));
    }

    void on_written(const error_code& error, std::size_t) {
        wire_ = {};
        if (error) return close();
        if (keep_alive_) return await_next();
        // Closing with unread bytes would reset the connection, and the client might lose the answer.
        error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.expires_after(drain_timeout);
        service_.connections.waits(this);
        drain();
    }

    void drain() {
        buffer_.clear();
        stream_.async_read_some(buffer_.prepare(read_size), then(&HttpConnection::on_drained));
    }

    void on_drained(const error_code& error, std::size_t bytes) {
        drained_ += bytes;
        if (error || drained_ > longest_drain) return close();
        drain();
    }

    beast::tcp_stream stream_;
    Service& service_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    std::string wire_;
    std::size_t drained_ = 0;
    bool keep_alive_ = false;
    bool is_head_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(tcp::socket socket, Service& service) {
    return std::make_shared<HttpConnection>(std::move(socket), service);
}

}  // namespace meshwarden::web

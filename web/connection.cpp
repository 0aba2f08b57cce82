#include "web/connection.hpp"

#include <boost/asio/post.hpp>

#include <array>

#include "web/request_reader.hpp"

namespace meshwarden::web {
namespace {

using boost::system::error_code;

constexpr std::size_t read_size = 2'048;  // of each connection, idle ones too
constexpr std::size_t longest_drain = 256u << 10;
constexpr Duration drain_timeout = std::chrono::seconds(1);
constexpr std::string_view continue_line = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view sign_of_life = ": still here\n\n";

int ticks_of(Duration duration) { return int(duration / tick_length) + 1; }

// A stream between two looks for new events.
struct Stream {
    Request request;
    bool in_chunks = true;
    int until_poll = 0;
    int silent = 0;
    bool is_busy = true;  // asks or writes
    bool has_more = false;
    std::size_t heard = 0;
};

class HttpConnection final : public Connection, public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(std::unique_ptr<Channel> channel, Service& service)
        : channel_(std::move(channel)), service_(service), limits_(service.limits),
          reader_(limits_.max_header, limits_.max_body) {}

    ~HttpConnection() override { leave(); }

    void start() override {
        service_.connections.add(this);
        wait_for_client(limits_.request_timeout);
        channel_->open(then(&HttpConnection::on_open));
    }

    void close() override {
        leave();
        channel_->close();
    }

    void tick() override {
        if (patience_ > 0 && --patience_ == 0) return close();
        if (stream_) tick_stream();
    }

private:
    // A completion handler that keeps this connection alive.
    template <class Step>
    Channel::Done then(Step step) {
        return [self = shared_from_this(), step](const error_code& error, std::size_t bytes) {
            if (self->channel_->is_open() || error) (self.get()->*step)(error, bytes);
        };
    }

    // The handler thread gives its hold on this connection back: it may end only on the thread of the sockets.
    template <class Step>
    bool ask(Request request, Step step) {
        auto done = [self = shared_from_this(), step, executor = service_.executor](Response response) mutable {
            boost::asio::post(executor, [self = std::move(self), step, response = std::move(response)] {
                if (self->channel_->is_open()) (self.get()->*step)(response);
            });
        };
        return service_.workers.submit(std::move(request), std::move(done));
    }

    void leave() {
        if (stream_) --service_.connections.streams;
        stream_.reset();
        service_.connections.remove(this);
    }

    void wait_for_client(Duration patience) {
        patience_ = ticks_of(patience);
        service_.connections.waits(this);
    }

    void on_open(const error_code& error, std::size_t) {
        if (error) return close();
        wait_for_client(limits_.request_timeout);
        has_begun_ = true;
        read();
    }

    void read() { channel_->read(incoming_, then(&HttpConnection::on_read)); }

    void on_read(const error_code& error, std::size_t size) {
        if (error) return close();
        if (!has_begun_) wait_for_client(limits_.request_timeout);
        has_begun_ = true;
        bytes_.append(incoming_.data(), size);
        advance();
    }

    void advance() {
        switch (reader_.read(bytes_)) {
            case RequestReader::State::incomplete: return read();
            case RequestReader::State::wants_continue:
                return channel_->write(continue_line, then(&HttpConnection::on_continued));
            case RequestReader::State::refused: return answer(reader_.refusal);
            case RequestReader::State::whole: return serve();
        }
    }

    void on_continued(const error_code& error, std::size_t) { error ? close() : read(); }

    void serve() {
        service_.connections.is_served(this);
        patience_ = 0;
        auto& request = reader_.request;
        is_head_ = request.method == Method::head;
        if (!needs_worker(request)) {
            const auto options = service_.settings.get();
            Context context{*options, service_.dependencies, service_.authenticator, nullptr, {}};
            return answer(handle(request, context));
        }
        if (!ask(request, &HttpConnection::answer)) refuse("too many requests are waiting; try again");
    }

    void refuse(std::string_view why) {
        auto response = problem(503, why);
        response.headers.emplace_back("Retry-After", "1");
        add_security_headers(response);
        answer(response);
    }

    void answer(const Response& response) {
        if (response.continues_after && !is_head_) return begin_stream(response);
        write(to_wire(response, !is_head_, reader_.keep_alive), &HttpConnection::on_answered);
    }

    template <class Step>
    void write(std::string bytes, Step step) {
        outgoing_ = std::move(bytes);
        patience_ = ticks_of(limits_.answer_timeout);
        if (!stream_) service_.connections.waits(this);
        channel_->write(outgoing_, then(step));
    }

    void on_answered(const error_code& error, std::size_t) {
        outgoing_ = {};
        if (error) return close();
        if (!reader_.keep_alive) return end();
        reader_.next();
        is_head_ = false;
        has_begun_ = !bytes_.empty();
        wait_for_client(has_begun_ ? limits_.request_timeout : limits_.idle_timeout);
        has_begun_ ? advance() : read();
    }

    // Closing with unread bytes would reset the connection, and the client might lose the answer.
    void end() {
        wait_for_client(drain_timeout);
        channel_->finish(then(&HttpConnection::on_finished));
    }

    void on_finished(const error_code&, std::size_t) { drain(); }
    void drain() { channel_->read(incoming_, then(&HttpConnection::on_drained)); }

    void on_drained(const error_code& error, std::size_t bytes) {
        drained_ += bytes;
        if (error || drained_ > longest_drain) return close();
        drain();
    }

    void begin_stream(const Response& response) {
        if (service_.connections.streams >= limits_.max_streams)
            return refuse("too many streams are open; ask for /api/v1/incidents from time to time");
        ++service_.connections.streams;
        stream_ = Stream{reader_.request, reader_.knows_chunks};
        listen();
        stream_on(response, stream_to_wire(response, stream_->in_chunks));
    }

    // A client that listens has nothing to say, but when it leaves its place becomes free.
    void listen() { channel_->read(incoming_, then(&HttpConnection::on_heard)); }

    void on_heard(const error_code& error, std::size_t bytes) {
        if (error || !stream_ || (stream_->heard += bytes) > limits_.max_header) return close();
        listen();
    }

    void stream_on(const Response& response, std::string bytes) {
        stream_->request.continues_after = response.continues_after;
        stream_->has_more = response.has_more;
        stream_->silent = 0;
        write(std::move(bytes), &HttpConnection::on_streamed);
    }

    void on_streamed(const error_code& error, std::size_t) {
        if (error || !stream_) return close();
        outgoing_ = {};
        patience_ = 0;
        stream_->is_busy = false;
        if (stream_->has_more) poll_stream();
    }

    void tick_stream() {
        ++stream_->silent;
        if (--stream_->until_poll <= 0 && !stream_->is_busy) poll_stream();
    }

    void poll_stream() {
        stream_->until_poll = ticks_of(limits_.stream_poll) - 1;
        stream_->is_busy = ask(stream_->request, &HttpConnection::on_more);
    }

    void on_more(const Response& response) {
        if (!stream_) return;
        stream_->is_busy = false;
        if (response.status == 401 || response.status == 403) return close();  // the token holds no longer
        const bool is_news = response.status == 200 && response.continues_after && !response.body.empty();
        if (!is_news && stream_->silent < ticks_of(limits_.stream_silence)) return;
        stream_->is_busy = true;
        if (is_news) return stream_on(response, chunk(response.body, stream_->in_chunks));
        stream_->silent = 0;
        write(chunk(sign_of_life, stream_->in_chunks), &HttpConnection::on_streamed);
    }

    std::unique_ptr<Channel> channel_;
    Service& service_;
    const Options& limits_;
    RequestReader reader_;
    std::array<char, read_size> incoming_;
    std::string bytes_;     // came, but is not taken yet
    std::string outgoing_;  // under way
    std::optional<Stream> stream_;
    int patience_ = 0;  // ticks until it is closed; 0: no limit
    std::size_t drained_ = 0;
    bool has_begun_ = false;  // something of the request has come, or must come soon
    bool is_head_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(std::unique_ptr<Channel> channel, Service& service) {
    return std::make_shared<HttpConnection>(std::move(channel), service);
}

}  // namespace meshwarden::web

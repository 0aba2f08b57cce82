#include "tests/meshsim/server.hpp"

#include <fmt/format.h>

#include <boost/asio/dispatch.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>

namespace meshwarden::meshsim {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;

constexpr auto idle = std::chrono::seconds(75);
constexpr auto tick_every = std::chrono::milliseconds(100);

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Response problem(int status, const std::string& text) {
  return {status, "application/json", nlohmann::json{{"error", text}}.dump() + "\n"};
}

Response json(const nlohmann::json& value) { return {200, "application/json", value.dump() + "\n"}; }

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, Server& server) : stream_(std::move(socket)), server_(server) {}
  void start() {
    asio::dispatch(stream_.get_executor(), [self = shared_from_this()] { self->read(); });
  }

 private:
  void read() {
    parser_.emplace();
    parser_->body_limit(64 * 1024);
    stream_.expires_after(idle);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->write();
    });
  }
  void write() {
    const auto& request = parser_->get();
    Response answered =
        server_.answer(std::string(request.method_string()), std::string(request.target()), request.body());
    response_ = {static_cast<http::status>(answered.status), request.version()};
    response_.set(http::field::content_type, answered.content_type);
    response_.keep_alive(request.keep_alive());
    response_.body() = std::move(answered.body);
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error || !self->response_.keep_alive()) return;
      self->read();
    });
  }

  beast::tcp_stream stream_;
  Server& server_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
};

}  // namespace

Server::Server(asio::io_context& context, const tcp::endpoint& listen, Simulation& simulation)
    : acceptor_(context, listen), timer_(context), simulation_(simulation) {
  const auto bound = acceptor_.local_endpoint();
  address_ = fmt::format("{}:{}", bound.address().to_string(), bound.port());
  accept();
  tick();
}

void Server::accept() {
  acceptor_.async_accept(asio::make_strand(acceptor_.get_executor()),
                         [this](beast::error_code error, tcp::socket socket) {
                           if (!error) {
                             socket.set_option(tcp::no_delay(true), error);
                             std::make_shared<Session>(std::move(socket), *this)->start();
                           }
                           accept();
                         });
}

// Keeps scenario and background near their times also while nobody scrapes.
void Server::tick() {
  timer_.expires_after(tick_every);
  timer_.async_wait([this](beast::error_code error) {
    if (error) return;
    {
      const std::lock_guard lock(mutex_);
      simulation_.advance(wall_clock());
    }
    tick();
  });
}

Response Server::answer(const std::string& method, const std::string& target, const std::string& body) {
  const std::lock_guard lock(mutex_);
  const std::string path = target.substr(0, target.find('?'));
  const auto starts = [&](std::string_view prefix) { return path.starts_with(prefix); };
  if (path == "/faults" || starts("/faults/")) {
    return answer_faults(method, path.substr(std::string_view("/faults").size()), target.ends_with("?background=1"),
                         body);
  }
  if (method != "GET") return problem(405, "only GET here");
  if (path == "/targets") return {200, "application/json", simulation_.targets(address_, wall_clock())};
  if (!starts("/metrics/")) return problem(404, "there are /targets, /metrics/<pod> and /faults");
  Answer page = simulation_.page(path.substr(std::string_view("/metrics/").size()), wall_clock());
  if (page.status != 200) return {page.status, "text/plain", page.status == 404 ? "no such pod\n" : "out of service\n"};
  return {200, std::move(page.page.content_type), std::move(page.page.body)};
}

Response Server::answer_faults(const std::string& method, const std::string& rest, bool with_background,
                               const std::string& body) {
  const double now = wall_clock();
  if (rest.empty() && method == "GET") return json(simulation_.faults(with_background, now));
  if (rest.empty() && method == "POST") {
    const auto parsed = nlohmann::json::parse(body, nullptr, false);
    if (parsed.is_discarded()) return problem(400, "not JSON");
    const auto begun = simulation_.begin(parsed, now);
    return begun ? json(*begun) : problem(400, begun.error());
  }
  std::uint64_t id = 0;
  const bool number = rest.size() > 1 &&
                      std::from_chars(rest.data() + 1, rest.data() + rest.size(), id).ptr == rest.data() + rest.size();
  if (method != "GET" && method != "DELETE")
    return problem(405, "GET and POST on /faults, GET and DELETE on /faults/<id>");
  if (rest.empty()) return problem(405, "GET and POST on /faults");
  if (!number) return problem(404, "no such fault");
  const auto found = method == "GET" ? simulation_.fault(id, now) : simulation_.end(id, now);
  return found ? json(*found) : problem(404, "no such fault");
}

}  // namespace meshwarden::meshsim

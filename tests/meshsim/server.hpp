// The HTTP face of the simulation, on loopback: /targets, /metrics/<pod>, /faults, /faults/<id>.
// Serves on the threads that run `context`; a lock around the simulation makes any number of them safe.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <mutex>
#include <string>

#include "tests/meshsim/simulation.hpp"

namespace meshwarden::meshsim {

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

class Server {
 public:
  // Throws boost::system::system_error if it cannot listen.
  Server(boost::asio::io_context& context, const boost::asio::ip::tcp::endpoint& listen, Simulation& simulation);
  const std::string& address() const { return address_; }
  Response answer(const std::string& method, const std::string& target, const std::string& body);

 private:
  void accept();
  void tick();
  Response answer_faults(const std::string& method, const std::string& rest, bool with_background,
                         const std::string& body);

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  Simulation& simulation_;
  std::mutex mutex_;
  std::string address_;
};

}  // namespace meshwarden::meshsim

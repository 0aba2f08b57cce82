// meshsim: a simulated Istio mesh to scrape, and to break on demand.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <thread>

#include "tests/meshsim/scenario.hpp"
#include "tests/meshsim/server.hpp"

namespace {

using namespace meshwarden::meshsim;
namespace asio = boost::asio;

constexpr int wrong_usage = 2, cannot_run = 3;

struct Arguments {
  std::string listen = "127.0.0.1:0";
  std::string scenario;
  MeshOptions mesh;
  bool no_optional_stats = false, background = false;
  unsigned threads = 1;
};

void describe(CLI::App& app, Arguments& arguments) {
  app.add_option("--listen", arguments.listen, "address:port, port 0 for a free one");
  app.add_option("--services", arguments.mesh.services, "how many services")->check(CLI::Range(10, 20000));
  app.add_option("--seed", arguments.mesh.seed, "equal seeds make equal meshes");
  app.add_option("--replicas", arguments.mesh.replicas, "pods of a service, at first; otherwise two or three")
      ->check(CLI::Range(1, 100));
  app.add_option("--scenario", arguments.scenario, "YAML file of faults to play");
  app.add_flag("--no-optional-stats", arguments.no_optional_stats, "leave out what a stock mesh leaves out");
  app.add_flag("--lifelike", arguments.mesh.lifelike, "callers and answers as unevenly spread as in real meshes");
  app.add_flag("--background", arguments.background, "healthy deploys, restarts, autoscaling and pushes");
  app.add_option("--threads", arguments.threads, "threads that serve")->check(CLI::Range(1, 64));
}

std::expected<asio::ip::tcp::endpoint, std::string> endpoint_of(const std::string& listen) {
  const auto colon = listen.rfind(':');
  if (colon == std::string::npos) return std::unexpected("--listen: expected address:port");
  boost::system::error_code error;
  const auto address = asio::ip::make_address(listen.substr(0, colon), error);
  unsigned port = 65536;
  const char* end = listen.data() + listen.size();
  const auto parsed = std::from_chars(listen.data() + colon + 1, end, port);
  if (error || parsed.ptr != end || port > 65535) return std::unexpected("--listen: expected address:port");
  return asio::ip::tcp::endpoint(address, static_cast<unsigned short>(port));
}

int serve(const Arguments& arguments, const asio::ip::tcp::endpoint& endpoint, std::vector<Step> steps) {
  asio::io_context context;
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) { context.stop(); });
  const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  Simulation simulation(arguments.mesh, std::move(steps), arguments.background, now);
  Server server(context, endpoint, simulation);
  fmt::print("listening {}\n", server.address());
  std::fflush(stdout);
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < arguments.threads; ++i) helpers.emplace_back([&] { context.run(); });
  context.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A simulated Istio mesh to scrape, and to break on demand");
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : wrong_usage;
  }
  arguments.mesh.optional_stats = !arguments.no_optional_stats;
  const auto endpoint = endpoint_of(arguments.listen);
  std::expected<std::vector<Step>, std::string> steps;
  if (!arguments.scenario.empty()) steps = read_scenario(arguments.scenario);
  if (!endpoint || !steps) {
    fmt::print(stderr, "{}\n", endpoint ? steps.error() : endpoint.error());
    return wrong_usage;
  }
  try {
    return serve(arguments, *endpoint, std::move(*steps));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return cannot_run;
  }
}

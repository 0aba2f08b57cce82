#include <fmt/format.h>
#include <pthread.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <fstream>

#include "app/app.hpp"
#include "app/commands.hpp"
#include "app/logging.hpp"

namespace meshwarden::app {

int run(const std::string& config_file) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it, only sigwait below hears them
    std::signal(SIGPIPE, SIG_IGN);

    if (!std::ifstream(config_file).good()) {
        fmt::print(stderr, "{}: cannot be opened; write one with 'meshwarden config --defaults'\n", config_file);
        return 3;
    }
    const auto loaded = config::load(config_file);
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", to_string(problem));
    if (!loaded.problems.empty()) return 1;

    set_up_logging(loaded.config.log_level, loaded.config.log_format);
    App app(config_file);
    if (auto started = app.start(loaded.config); !started) {
        spdlog::critical("cannot start: {}", started.error().message);
        return 3;
    }
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) app.reload();
    spdlog::info("stopping");
    return 0;
}

}  // namespace meshwarden::app

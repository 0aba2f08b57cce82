#include <pthread.h>
#include <spdlog/spdlog.h>

#include <csignal>

#include "app/app.hpp"
#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/logging.hpp"

namespace meshwarden::app {

int run(const std::string& config_file) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it, only sigwait below hears them
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the store, not our end

    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;

    set_up_logging(config->log_level, config->log_format);
    App app(config_file);
    if (auto started = app.start(*config); !started) {
        spdlog::critical("cannot start: {}", started.error().message);
        return 3;
    }
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) app.reload();
    spdlog::info("stopping");
    return 0;
}

}  // namespace meshwarden::app

#include <malloc.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <csignal>

#include "app/app.hpp"
#include "app/commands.hpp"
#include "app/good_config.hpp"
#include "app/logging.hpp"
#include "app/progress.hpp"

namespace meshwarden::app {
namespace {

// Until a signal says stop. Who watches a terminal is told every second what is waited for.
void serve(App& app, const sigset_t& signals) {
    Progress progress(STDERR_FILENO);
    while (true) {
        const timespec second{1, 0};
        const int signal =
            progress.is_seen() ? sigtimedwait(&signals, nullptr, &second) : sigwaitinfo(&signals, nullptr);
        if (signal == SIGHUP) app.reload();
        if (signal == SIGTERM || signal == SIGINT) return;
        progress.show(app.waits_for());
    }
}

// Answers of many megabytes come and go. Left to itself glibc soon keeps them in its heaps, one for every few threads,
// in whose holes nothing else fits.
void give_memory_back() {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);  // larger ones are mapped, and unmapped when freed
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    mallopt(M_ARENA_MAX, 2);
#endif
}

}  // namespace

int run(const std::string& config_file) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread: all inherit it, only sigwait below hears them
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the store, not our end

    give_memory_back();
    int exit_code = 0;
    const auto config = good_config(config_file, exit_code);
    if (!config) return exit_code;

    set_up_logging(config->log_level, config->log_format);
    App app(config_file);
    if (auto started = app.start(*config); !started) {
        spdlog::critical("cannot start: {}", started.error().message);
        return 3;
    }
    serve(app, signals);
    spdlog::info("stopping");
    return 0;
}

}  // namespace meshwarden::app

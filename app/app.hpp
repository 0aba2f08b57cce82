// The service as a whole: configuration, store, loops, courier, web. Wired top to bottom in app.cpp, stopped in the
// reverse order.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <prometheus/registry.h>

#include "app/engine.hpp"
#include "app/loop_metrics.hpp"
#include "app/process_metrics.hpp"
#include "app/reload_log.hpp"
#include "io/clock.hpp"
#include "web/server.hpp"

namespace meshwarden::app {

class App {
public:
    // Problems are those of the configuration; an error is what kept a good one from starting.
    explicit App(std::string config_file);
    ~App();

    Result<void> start(const config::Config& config);
    unsigned short port() const { return server_->port(); }

    // What an operator who watches the start waits for; "" where there is nothing. Thread-safe.
    std::string waits_for();

    // Reads the file anew. Problems, each as file:line: path: message; with any, everything stays as it was.
    // Thread-safe.
    std::vector<std::string> reload();

private:
    // What ticks report and handlers read.
    struct Shared {
        std::shared_ptr<const config::Config> config;
        std::map<std::string, std::shared_ptr<const Topology>> topologies;
        std::map<std::string, web::PrometheusStatus> prometheus;
        bool ticked = false;
    };

    web::Dependencies dependencies();
    void take(const TickReport& tick);
    Result<void> replace_engine(std::shared_ptr<const config::Config> config);
    Result<void> replace(const config::Config& before, std::shared_ptr<const config::Config> after);
    std::shared_ptr<const config::Config> config();
    std::shared_ptr<const Topology> topology();
    web::ConfigStatus config_status();
    notify::Pulse pulse();  // on the heartbeat's thread

    std::string config_file_;
    io::SystemClock clock_;
    Time started_at_;
    prometheus::Registry registry_;
    ProcessMetrics process_metrics_{started_at_};
    LoopMetrics loop_metrics_;
    ReloadLog reloads_;

    std::mutex reload_mutex_;  // held through a start and each reload; taken before the two below
    std::mutex shared_mutex_;  // guards shared_
    Shared shared_;
    std::mutex engine_mutex_;  // guards engine_; never taken by a loop's thread
    std::unique_ptr<Engine> engine_;
    std::unique_ptr<web::Server> server_;  // last: stopped before what its handlers use
};

}  // namespace meshwarden::app

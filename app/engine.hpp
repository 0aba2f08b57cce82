// What one configuration runs: a loop for each Prometheus, the courier, the janitor, the heartbeat. A reload replaces
// the whole Engine; since everything that matters is in the store, that is a restart in small.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "app/janitor.hpp"
#include "app/loop.hpp"
#include "config/config.hpp"
#include "io/clock.hpp"
#include "notify/courier.hpp"
#include "notify/heartbeat.hpp"

namespace meshwarden::app {

class Engine {
public:
    // What it works with; all outlives it.
    struct Context {
        const io::Clock& clock;
        LoopMetrics& metrics;
        prometheus::Registry& registry;
        std::function<void(const TickReport&)> report;
        std::function<notify::Pulse()> pulse;  // but for what is in the store
    };

    // Threads run when it returns. The configuration must be good and its database exist; one that fails is tried again
    // for ever, meanwhile what is found is kept in memory.
    Engine(std::shared_ptr<const config::Config> config, const Context& context);
    ~Engine();  // stops and joins, well under two seconds
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void wake_courier() noexcept { courier_->wake(); }

private:
    void add_heartbeat(const OpenStore& open, const Context& context);

    std::shared_ptr<const config::Config> config_;
    std::unique_ptr<Janitor> janitor_;
    std::unique_ptr<notify::Courier> courier_;
    std::unique_ptr<notify::Heartbeat> heartbeat_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::jthread> threads_;  // last: joined before what they use
};

}  // namespace meshwarden::app

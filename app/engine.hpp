// What one configuration runs: a loop for each Prometheus and the courier. A reload replaces the whole Engine; since
// everything that matters is in the store, that is a restart in small.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <vector>

#include "app/loop.hpp"
#include "config/config.hpp"
#include "io/clock.hpp"
#include "notify/courier.hpp"

namespace meshwarden::app {

class Engine {
public:
    // Threads run when it returns. The configuration must be good; clock, metrics and registry outlive the Engine.
    static Result<std::unique_ptr<Engine>> start(std::shared_ptr<const config::Config> config, const io::Clock& clock,
                                                 LoopMetrics& metrics, prometheus::Registry& registry,
                                                 std::function<void(const TickReport&)> report);
    ~Engine();  // stops and joins, well under two seconds
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    void wake_courier() noexcept { courier_->wake(); }

private:
    Engine() = default;

    std::shared_ptr<const config::Config> config_;
    std::unique_ptr<notify::Courier> courier_;
    std::vector<std::unique_ptr<Loop>> loops_;
    std::vector<std::jthread> threads_;  // last: joined before what they use
};

}  // namespace meshwarden::app

#include "app/engine.hpp"

#include <algorithm>

namespace meshwarden::app {
namespace {

incidents::Configured configured(const config::Config& config) {
    incidents::Configured all;
    for (const auto& rule : config.rules)
        if (rule.enabled) all.rules.push_back(rule.name);
    for (const auto& prometheus : config.prometheus) all.prometheus.push_back(prometheus.name);
    return all;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::start(std::shared_ptr<const config::Config> config, const io::Clock& clock,
                                              LoopMetrics& metrics, prometheus::Registry& registry,
                                              std::function<void(const TickReport&)> report) {
    std::unique_ptr<Engine> engine(new Engine);
    engine->config_ = config;
    const auto open = [url = config->storage_url] { return incidents::open_store(url); };
    auto store = open();
    if (!store) return std::unexpected(store.error());
    if (auto retired = (*store)->retire(configured(*config), clock.now(), config->incidents); !retired)
        return std::unexpected(retired.error());

    engine->courier_ = std::make_unique<notify::Courier>(config->notify, open, clock, registry);
    for (const auto& prometheus : config->prometheus) {
        auto own_store = open();
        if (!own_store) return std::unexpected(own_store.error());
        const auto tell = [courier = engine->courier_.get(), report](const TickReport& tick) {
            if (tick.notices) courier->wake();
            report(tick);
        };
        engine->loops_.push_back(std::make_unique<Loop>(*config, prometheus, std::move(*own_store), clock, metrics, registry, tell));
    }
    for (auto& loop : engine->loops_)
        engine->threads_.emplace_back([loop = loop.get()](std::stop_token stop) { loop->run(stop); });
    return engine;
}

Engine::~Engine() {
    for (auto& thread : threads_) thread.request_stop();
}

}  // namespace meshwarden::app

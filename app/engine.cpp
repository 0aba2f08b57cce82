#include "app/engine.hpp"

#include <algorithm>

namespace meshwarden::app {
namespace {

// Opens the store where it is not open yet.
Result<incidents::Status> status_of(std::shared_ptr<incidents::Store>& store, const OpenStore& open) {
    if (!store) {
        auto opened = open();
        if (!opened) return std::unexpected(opened.error());
        store = std::move(*opened);
    }
    return store->status();
}

notify::Heartbeat::Source with_store(OpenStore open, std::function<notify::Pulse()> pulse) {
    return [open = std::move(open), pulse = std::move(pulse), store = std::shared_ptr<incidents::Store>()]() mutable {
        auto now = pulse();
        const auto status = status_of(store, open);
        if (!status) {
            now.read_error = status.error().message;
            return now;
        }
        now.head_hash = status->head_hash;
        now.head_seq = status->head_seq;
        now.open_by_severity = status->open_by_severity;
        return now;
    };
}

}  // namespace

Engine::Engine(std::shared_ptr<const config::Config> config, const Context& context) : config_(std::move(config)) {
    // Never creates: a file that was removed under us must not come back empty.
    const OpenStore open = [url = config_->storage_url] {
        return incidents::open_store(url, incidents::Opening::existing);
    };
    janitor_ = std::make_unique<Janitor>(*config_, open, context.clock, context.registry);
    janitor_->retire();
    courier_ = std::make_unique<notify::Courier>(config_->notify, open, context.clock, context.registry);
    const auto told = [this] { courier_->wake(); };
    for (const auto& prometheus : config_->prometheus)
        loops_.push_back(std::make_unique<Loop>(
            *config_, prometheus, open,
            Loop::Context{context.clock, context.metrics, context.registry, told, context.report}));
    add_heartbeat(open, context);
    threads_.emplace_back([this](std::stop_token stop) { janitor_->run(stop); });
    for (auto& loop : loops_) threads_.emplace_back([loop = loop.get()](std::stop_token stop) { loop->run(stop); });
    if (heartbeat_) threads_.emplace_back([this](std::stop_token stop) { heartbeat_->run(stop); });
}

void Engine::add_heartbeat(const OpenStore& open, const Context& context) {
    const auto& targets = config_->notify.targets;
    const auto target = std::ranges::find(targets, config_->heartbeat_target, &notify::Target::name);
    if (target == targets.end()) return;
    heartbeat_ = std::make_unique<notify::Heartbeat>(
        notify::Heartbeat::Context{config_->notify, *target, context.clock, context.registry},
        config_->heartbeat_interval, with_store(open, context.pulse));
}

Engine::~Engine() {
    for (auto& thread : threads_) thread.request_stop();
}

}  // namespace meshwarden::app

#include "web/workers.hpp"

#include <optional>

namespace meshwarden::web {
namespace {

constexpr std::size_t most_waiting = 512;

}  // namespace

Workers::Workers(int threads, const Options& options, const Dependencies& dependencies, Authenticator& authenticator)
    : options_(options), dependencies_(dependencies), authenticator_(authenticator) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this](std::stop_token stop) { work(stop); });
}

Workers::~Workers() { stop(); }

bool Workers::submit(Request request, Done done) {
    const std::lock_guard lock(mutex_);
    if (jobs_.size() >= most_waiting) return false;
    jobs_.push_back({std::move(request), std::move(done)});
    wake_.notify_one();
    return true;
}

void Workers::stop() {
    for (auto& thread : threads_) thread.request_stop();
    threads_.clear();
}

void Workers::work(std::stop_token stop) {
    std::unique_ptr<incidents::Store> store;
    while (true) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); }) || stop.stop_requested()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        Context context{options_, dependencies_, authenticator_, nullptr, {}};
        if (!store) {
            auto opened = dependencies_.open_store();
            if (opened)
                store = std::move(*opened);
            else
                context.store_problem = opened.error().message;
        }
        context.store = store.get();
        job.done(handle(job.request, context));
    }
}

}  // namespace meshwarden::web

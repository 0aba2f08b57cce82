#include "web/workers.hpp"

namespace meshwarden::web {
namespace {

constexpr std::size_t most_waiting = 512;

// The Store of one handler thread.
class OwnStore {
public:
    explicit OwnStore(const Dependencies& dependencies) : dependencies_(dependencies) {}

    void lend(Context& context) {
        auto url = dependencies_.storage_url ? dependencies_.storage_url() : std::string();
        if (!store_ || url != url_) {
            store_.reset();
            auto opened = dependencies_.open_store();
            if (opened)
                store_ = std::move(*opened);
            else
                context.store_problem = opened.error().message;
            url_ = std::move(url);
        }
        context.store = store_.get();
    }

private:
    const Dependencies& dependencies_;
    std::string url_;
    std::unique_ptr<incidents::Store> store_;
};

}  // namespace

Workers::Workers(int threads, const Settings& settings, const Dependencies& dependencies, Authenticator& authenticator)
    : settings_(settings), dependencies_(dependencies), authenticator_(authenticator) {
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
    OwnStore store(dependencies_);
    while (true) {
        std::unique_lock lock(mutex_);
        if (!wake_.wait(lock, stop, [this] { return !jobs_.empty(); }) || stop.stop_requested()) return;
        auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        const auto options = settings_.get();
        Context context{*options, dependencies_, authenticator_, nullptr, {}};
        store.lend(context);
        job.done(handle(job.request, context));
    }
}

}  // namespace meshwarden::web

// The handler threads: each has a Store connection of its own, opened when it is first needed, again after it could not
// be opened, and anew where a reload has moved the storage.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "web/routes.hpp"

namespace meshwarden::web {

class Workers {
public:
    using Done = std::function<void(Response)>;  // called on a handler thread

    // What is passed in must outlive the Workers.
    Workers(int threads, const Settings& settings, const Dependencies& dependencies, Authenticator& authenticator);
    ~Workers();

    // False where too much waits already; `done` is then not called. Nor is it after stop. A `done` is called at most
    // once, and destroyed on a handler thread only after it was called.
    bool submit(Request request, Done done);
    void stop();  // ends what runs and joins; what waits is destroyed with this

private:
    struct Job {
        Request request;
        Done done;
    };
    void work(std::stop_token stop);

    const Settings& settings_;
    const Dependencies& dependencies_;
    Authenticator& authenticator_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::deque<Job> jobs_;                // guarded by mutex_
    std::vector<std::jthread> threads_;  // last: they use everything above
};

}  // namespace meshwarden::web

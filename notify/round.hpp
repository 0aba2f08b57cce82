// One target's thread: claim the oldest due notice, send it, write down what came of it, wait.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "incidents/store.hpp"
#include "model/outage.hpp"
#include "notify/bell.hpp"
#include "notify/courier.hpp"
#include "notify/message.hpp"
#include "notify/metrics.hpp"
#include "notify/pace.hpp"

namespace meshwarden::notify {

// What the rounds share. Outlives them; thread-safe.
class Office {
public:
    Office(const Options& settings, OpenStore open, const io::Clock& time, prometheus::Registry& registry)
        : options(settings), open_store(std::move(open)), clock(time), metrics(registry, settings.targets) {}

    // Whoever comes first releases the leases of the process before; nobody may claim earlier, lest a lease of ours
    // be released.
    Result<void> release_once(incidents::Store& store);

    const Options& options;
    const OpenStore open_store;
    const io::Clock& clock;
    Metrics metrics;

private:
    std::mutex mutex_;
    bool released_ = false;
};

class Round {
public:
    Round(const Target& target, Office& office);
    void run(std::stop_token stop);  // until a stop
    void wake() noexcept { bell_.ring(); }  // any thread

private:
    Time turn(std::stop_token stop);  // does what is due, says when to look again
    bool open();
    void begin_anew(Time now);
    Time claim_one(Time now, std::stop_token stop);
    void deliver(const Notice& notice, std::stop_token stop);
    Outcome try_once(const Notice& notice, std::stop_token stop);
    incidents::Attempt decide(const Notice& notice, const Outcome& outcome);
    void write_down(const Notice& notice, const incidents::Attempt& attempt, std::stop_token stop);
    void keep_alive(Time now, std::stop_token stop);
    void show_metrics(Time now);
    Time store_failed(std::string_view doing, const Error& error);
    void tell_store_failed(std::string_view doing, const Error& error);
    void store_works();
    void tell_tried(const Notice& notice, const incidents::Attempt& attempt);
    void tell_over(Outage& outage, Time at, std::string_view what);
    Time now() const { return office_.clock.now(); }

    const Target& target_;
    Office& office_;
    Bell bell_;
    HttpNotifier notifier_;
    TokenBucket bucket_;
    Backoff backoff_;        // by notice; 0: the target as a whole
    Backoff store_backoff_;
    Outage target_outage_, store_outage_, alerts_outage_;
    std::unique_ptr<incidents::Store> store_;
    Time looked_at_{};
    Time paused_until_{};
    Time keep_alive_at_{};
};

}  // namespace meshwarden::notify

// Sends a sign of life to one target at every interval, so that our own silence is noticed there. One that fails is
// tried again until the next is due; then it is missed: counted, and told once at the begin and once at the end.
// Nothing is queued: an old sign of life says nothing.
#pragma once

#include <functional>
#include <stop_token>

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include "io/clock.hpp"
#include "io/http_client.hpp"
#include "model/outage.hpp"
#include "notify/options.hpp"
#include "notify/pulse.hpp"

namespace meshwarden::notify {

class Heartbeat {
public:
    using Source = std::function<Pulse()>;  // called on the thread of run()

    // What it works with; all outlives it.
    struct Context {
        const Options& options;
        const Target& target;  // one of the options'
        const io::Clock& clock;
        prometheus::Registry& registry;
    };

    Heartbeat(const Context& context, Duration interval, Source source);

    void run(std::stop_token stop);

private:
    bool beat(Time until, std::stop_token stop);

    const Options& options_;
    const Target& target_;
    Duration interval_;
    Source source_;
    const io::Clock& clock_;
    io::HttpClient client_;
    prometheus::Counter& delivered_;
    prometheus::Counter& missed_;
    Outage missing_;
};

}  // namespace meshwarden::notify

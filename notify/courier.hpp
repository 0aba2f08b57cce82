// Empties the outbox: one thread a target, each with its own store connection and HTTP client, so that a target which
// hangs delays no other. What cannot be told now is tried again; a notice is given up only after a final answer or
// when it is older than `give_up_after`. Nothing but the store is needed to go on after a kill: leases of the process
// before are released at the start, and waits between tries are kept in memory only.
//
// At-least-once: where an answer is lost on its way, or the store fails after an answer, a target hears a notice again,
// with the same idempotency key.
#pragma once

#include <functional>
#include <memory>

#include <prometheus/registry.h>

#include "incidents/store.hpp"
#include "io/clock.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

using OpenStore = std::function<Result<std::unique_ptr<incidents::Store>>()>;

class Courier {
public:
    // Starts the threads. `open_store` is called from them, several at a time; clock and registry outlive the Courier.
    // A store that cannot be opened is tried again for ever.
    Courier(Options options, OpenStore open_store, const io::Clock& clock, prometheus::Registry& registry);
    // Stops and joins within a fraction of a second; a try that is under way is cut off and made again after the next
    // start.
    ~Courier();
    Courier(const Courier&) = delete;
    Courier& operator=(const Courier&) = delete;

    // There may be something new in the outbox. Thread-safe.
    void wake() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace meshwarden::notify

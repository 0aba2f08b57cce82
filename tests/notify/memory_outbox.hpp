// An outbox in memory, with the Store's contract for claims, for tests of the courier. Any number of stores may be
// open on one Outbox, from any thread; it can be told to fail.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "incidents/store.hpp"

namespace meshwarden::notify {

struct Outbox {
    struct Row {
        Notice notice;
        DeliveryState state = DeliveryState::pending;
        int attempts = 0;
        Time next_try{}, leased_until{};
        std::string answer;
    };

    std::int64_t add(Notice notice);
    Row row(std::int64_t id) const;
    // False when it does not come true within ten seconds.
    bool wait_until(const std::function<bool(const Outbox&)>& is_true) const;
    bool wait_for_state(std::int64_t id, DeliveryState state) const;

    mutable std::mutex mutex;
    std::map<std::int64_t, Row> rows;
    std::vector<Incident> told;
    std::atomic<int> failing = 0;       // so many of the next verbs fail
    std::atomic<int> opened = 0, released = 0;
};

Result<std::unique_ptr<incidents::Store>> open_memory_store(const std::shared_ptr<Outbox>& outbox);

}  // namespace meshwarden::notify

// How fast one target is spoken to: a rate with bursts, and waits that grow while it fails. In memory only, so that
// a restart tries everything at once. Each belongs to one thread.
#pragma once

#include <cstdint>
#include <map>
#include <random>

#include "model/time.hpp"
#include "notify/options.hpp"

namespace meshwarden::notify {

class TokenBucket {
public:
    TokenBucket(double per_second, double burst, Time now);
    Time ready_at(Time now);  // when the next message may go; not after `now`: at once
    void take();

private:
    void fill(Time now);

    double per_second_;
    double burst_;
    double tokens_;
    Time filled_at_;
};

// The wait before the next try of one thing: `first`, doubled after every failure up to `longest`, each shortened by
// up to a quarter at random so that targets are not all hit together.
class Backoff {
public:
    Backoff(Duration first, Duration longest);
    Duration failed(std::int64_t id);
    void forget(std::int64_t id) { failures_.erase(id); }

private:
    Duration first_, longest_;
    std::map<std::int64_t, int> failures_;
    std::minstd_rand random_;
};

}  // namespace meshwarden::notify

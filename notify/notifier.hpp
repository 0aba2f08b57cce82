// The seam between the courier and a target: one try to tell somebody of one notice.
//
// A Notifier belongs to one thread. A stop asked for makes `send` return within milliseconds with `retry`.
#pragma once

#include <stop_token>
#include <string>

#include "model/incident.hpp"

namespace meshwarden::notify {

struct Outcome {
    enum Kind { delivered, retry, give_up };
    Kind kind = retry;
    Duration retry_after{0};  // what the target asked for; 0: it did not say
    bool target_wide = false; // the target cannot be reached at all: its other notices wait too
    std::string answer;       // what the target said, or the error; at most 500 bytes, no secret
};

class Notifier {
public:
    virtual ~Notifier() = default;
    virtual Outcome send(const Notice& notice, std::stop_token stop) = 0;
};

}  // namespace meshwarden::notify

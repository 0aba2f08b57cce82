// One rendered message and where it goes. Composing reads the target's secret files and nothing else.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/clock.hpp"
#include "io/http_client.hpp"
#include "notify/notifier.hpp"
#include "notify/options.hpp"
#include "notify/pulse.hpp"

namespace meshwarden::notify {

struct Message {
    TargetKind kind = TargetKind::webhook;
    io::Endpoint endpoint;
    io::Request request;
    std::vector<std::string> secrets;  // must not be seen in any log or answer
};

// Fails on a secret that cannot be read or cannot be one; the error names the file, never the content.
Result<Message> compose(const Target& target, const Options& options, const Notice& notice, Time now);

// A sign of life, in the form of the target's kind; `interval`: until the next.
Result<Message> compose_pulse(const Target& target, const Options& options, const Pulse& pulse, Time now,
                              Duration interval);

// What keeps an Alertmanager's alerts alive; the target is of that kind.
Message compose_alerts(const Target& target, const Options& options, std::span<const Incident> incidents, Time now);

// One try. Blocks for at most the endpoint's timeout.
Outcome post(io::HttpClient& client, const Message& message, const io::Clock& clock, std::stop_token stop);

// The Notifier of every kind of target.
class HttpNotifier final : public Notifier {
public:
    HttpNotifier(const Target& target, const Options& options, const io::Clock& clock);
    Outcome send(const Notice& notice, std::stop_token stop) override;
    Outcome keep_alive(std::span<const Incident> incidents, std::stop_token stop);

private:
    const Target& target_;
    const Options& options_;
    const io::Clock& clock_;
    io::HttpClient client_;
};

}  // namespace meshwarden::notify

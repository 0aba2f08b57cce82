// A real Prometheus that is asked as if it were another time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "io/clock.hpp"
#include "io/http_client.hpp"

namespace meshwarden::app {

// Answers time() by a clock and what is known of the targets once for all; every other question names its time and goes
// to the Prometheus itself. Owned by one thread.
class PastPrometheus final : public io::HttpClient {
public:
    explicit PastPrometheus(std::shared_ptr<const io::Clock> clock) : clock_(std::move(clock)) {}

    std::vector<Result<io::Response>> send_all(const io::Endpoint& endpoint, const std::vector<io::Request>& requests,
                                               std::stop_token stop = {}) override;

    // Why no question since the last call was answered; "" where one was, or none was asked.
    std::string take_silence();

private:
    std::optional<io::Response> known(const io::Request& request) const;

    std::shared_ptr<const io::Clock> clock_;
    std::optional<io::Response> targets_;
    std::string failure_;
    bool answered_ = false;
};

}  // namespace meshwarden::app

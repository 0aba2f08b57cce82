#include "app/past_prometheus.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/time.hpp"

namespace meshwarden::app {
namespace {

constexpr std::string_view targets_path = "/api/v1/targets";

bool asks_the_time(const io::Request& request) {
    return request.body.starts_with(io::form_encode({{"query", "time()"}}) + "&");
}

}  // namespace

std::optional<io::Response> PastPrometheus::known(const io::Request& request) const {
    if (request.path.starts_with(targets_path)) return targets_;
    if (!asks_the_time(request)) return std::nullopt;
    io::Response response;
    response.status = 200;
    response.body = fmt::format(R"({{"status":"success","data":{{"resultType":"scalar","result":[{0:.3f},"{0:.3f}"]}}}})",
                                to_epoch_seconds(clock_->now()));
    return response;
}

std::vector<Result<io::Response>> PastPrometheus::send_all(const io::Endpoint& endpoint,
                                                           const std::vector<io::Request>& requests,
                                                           std::stop_token stop) {
    std::vector<Result<io::Response>> answers(requests.size(), io::Response());
    std::vector<std::size_t> asked;
    std::vector<io::Request> open;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (auto answer = known(requests[i])) {
            answers[i] = std::move(*answer);
        } else {
            asked.push_back(i);
            open.push_back(requests[i]);
        }
    }
    if (open.empty()) return answers;
    auto fresh = HttpClient::send_all(endpoint, open, stop);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
        const bool good = fresh[i] && fresh[i]->status == 200;
        if (good && open[i].path.starts_with(targets_path)) targets_ = *fresh[i];
        if (!good) failure_ = fresh[i] ? fmt::format("HTTP {}", fresh[i]->status) : fresh[i].error().message;
        answered_ = answered_ || good;
        answers[asked[i]] = std::move(fresh[i]);
    }
    return answers;
}

std::string PastPrometheus::take_silence() {
    auto failure = std::exchange(failure_, {});
    return std::exchange(answered_, false) ? std::string() : failure;
}

}  // namespace meshwarden::app

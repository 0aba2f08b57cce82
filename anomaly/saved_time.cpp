#include "anomaly/saved_time.hpp"

#include <nlohmann/json.hpp>

namespace meshwarden::anomaly {

Time time_of(const nlohmann::json& saved) {
    const auto milliseconds = saved.get<std::int64_t>();
    if (milliseconds < 0 || milliseconds > 10'000'000'000'000)
        throw nlohmann::json::out_of_range::create(401, "a saved time is out of range", &saved);
    return Time(Duration(milliseconds));
}

}  // namespace meshwarden::anomaly

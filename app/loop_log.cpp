#include "app/loop_log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "model/log_text.hpp"

namespace meshwarden::app {

void LoopLog::over(Outage& outage, Time now, std::string_view what, std::string_view signal) const {
    const auto past = outage.succeeded(now);
    if (!past) return;
    const auto failures = std::to_string(past->failures), lasted = to_string(past->lasted);
    if (signal.empty())
        spdlog::info(log_text(what, {{"prometheus", prometheus_}, {"failures", failures}, {"lasted", lasted}}));
    else
        spdlog::info(
            log_text(what, {{"prometheus", prometheus_}, {"signal", signal}, {"ticks", failures}, {"lasted", lasted}}));
}

void LoopLog::polled(const Snapshot& snapshot, Time now) {
    if (!snapshot.reachable) {
        if (unreachable_.failed(now))
            spdlog::error(log_text("Prometheus does not answer",
                                   {{"prometheus", prometheus_}, {"error", snapshot.unreachable_cause}}));
        return;  // that all its signals are blind goes without saying
    }
    over(unreachable_, now, "Prometheus answers again");
    for (const auto& reading : snapshot.readings) {
        auto& outage = blind_[reading.signal];
        const auto& cause = reading.coverage.cause;
        if (reading.coverage.sight != Sight::blind)
            over(outage, now, "the signal is seen again", reading.signal);
        else if (outage.failed(now))
            spdlog::warn(log_text("the signal is blind", {{"prometheus", prometheus_}, {"signal", reading.signal},
                                                          {"cause", cause.code}, {"detail", cause.text}}));
    }
}

void LoopLog::resumed(const Snapshot& snapshot, std::optional<Time> cursor) {
    const bool ahead = snapshot.reachable && cursor && snapshot.since < *cursor;
    if (!ahead)
        ahead_.succeeded(snapshot.at);
    else if (ahead_.failed(snapshot.at))
        spdlog::warn(log_text("the saved cursor lies ahead of Prometheus' clock: that was wrong before, it is read from now",
                              {{"prometheus", prometheus_}, {"cursor", to_rfc3339(*cursor)},
                               {"now", to_rfc3339(snapshot.at)}}));
}

void log_change(EventKind kind, const Incident& incident) {
    spdlog::info(log_text("incident", {{"id", incident.id},
                                       {"event", to_string(kind)},
                                       {"rule", incident.rule},
                                       {"severity", to_string(incident.severity)},
                                       {"value", fmt::format("{}", incident.value)},
                                       {"summary", incident.summary}}));
}

}  // namespace meshwarden::app

#include "notify/heartbeat.hpp"

#include <prometheus/family.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "model/log_text.hpp"
#include "notify/message.hpp"
#include "notify/pace.hpp"

namespace meshwarden::notify {
namespace {

constexpr std::int64_t this_beat = 0;

prometheus::Counter& beats(prometheus::Registry& registry, const std::string& target, const char* result) {
    return prometheus::BuildCounter()
        .Name("meshwarden_heartbeats_total")
        .Help("Signs of life, by result: delivered, missed.")
        .Register(registry)
        .Add({{"target", target}, {"result", result}});
}

}  // namespace

Heartbeat::Heartbeat(const Context& context, Duration interval, Source source)
    : options_(context.options),
      target_(context.target),
      interval_(interval),
      source_(std::move(source)),
      clock_(context.clock),
      delivered_(beats(context.registry, context.target.name, "delivered")),
      missed_(beats(context.registry, context.target.name, "missed")) {}

void Heartbeat::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const Time next = clock_.now() + interval_;
        const bool delivered = beat(next, stop);
        if (stop.stop_requested()) return;
        (delivered ? delivered_ : missed_).Increment();
        if (const auto past = delivered ? missing_.succeeded(clock_.now()) : std::nullopt)
            spdlog::info(log_text("heartbeats arrive again", {{"target", target_.name},
                                                              {"failures", std::to_string(past->failures)},
                                                              {"lasted", to_string(past->lasted)}}));
        clock_.sleep_until(std::min(next, clock_.now() + interval_), stop);  // the clock may have been set back
    }
}

bool Heartbeat::beat(Time until, std::stop_token stop) {
    Backoff backoff(options_.retry_first, options_.retry_longest);
    while (!stop.stop_requested()) {
        const Time now = clock_.now();
        const auto message = compose_pulse(target_, options_, source_(), now, interval_);
        const auto outcome =
            message ? post(client_, *message, clock_, stop) : Outcome{.answer = message.error().message};
        if (outcome.kind == Outcome::delivered) return true;
        const Time again = clock_.now() + std::max(backoff.failed(this_beat), outcome.retry_after);
        if (outcome.kind == Outcome::give_up || again >= until) {
            if (!stop.stop_requested() && missing_.failed(clock_.now()))
                spdlog::error(
                    log_text("heartbeats do not arrive", {{"target", target_.name}, {"answer", outcome.answer}}));
            return false;
        }
        clock_.sleep_until(again, stop);
    }
    return false;
}

}  // namespace meshwarden::notify

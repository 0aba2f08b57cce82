#include "notify/round.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "model/log_text.hpp"
#include "notify/alertmanager.hpp"
#include "notify/answers.hpp"
#include "notify/text.hpp"

namespace meshwarden::notify {
namespace {

constexpr double burst = 10;
constexpr Duration set_back = std::chrono::seconds(1);  // a clock that falls by more was set
constexpr Duration idle = std::chrono::seconds(1);       // other processes fill the outbox too, and do not wake us
constexpr Duration shortest_wait = Duration(20);
constexpr Duration lease_margin = std::chrono::seconds(30);  // above the timeout of a try
constexpr Duration store_first = Duration(50), store_longest = std::chrono::seconds(5);
constexpr std::size_t alerts_at_once = 500;
constexpr std::int64_t whole_target = 0;

std::string_view result_name(DeliveryState state) {
    return state == DeliveryState::pending ? "retry" : to_string(state);
}

}  // namespace

Result<void> Office::release_once(incidents::Store& store) {
    const std::lock_guard lock(mutex_);
    if (released_) return {};
    auto done = store.release_claims(clock.now());
    released_ = done.has_value();
    return done;
}

Round::Round(const Target& target, Office& office)
    : target_(target),
      office_(office),
      notifier_(target, office.options, office.clock),
      bucket_(messages_per_second(target), burst, office.clock.now()),
      backoff_(office.options.retry_first, office.options.retry_longest),
      store_backoff_(store_first, store_longest) {}

void Round::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const Time next = turn(stop);
        if (next > now()) bell_.wait(office_.clock, next, stop);
    }
}

Time Round::turn(std::stop_token stop) {
    if (!open()) return now() + store_backoff_.failed(whole_target);
    const Time last = std::exchange(looked_at_, now());
    if (looked_at_ + set_back < last) begin_anew(looked_at_);
    show_metrics(now());
    if (target_.kind == TargetKind::alertmanager && now() >= keep_alive_at_) keep_alive(now(), stop);
    if (!store_) return keep_alive_at_;
    const Time at = now();
    const Time ready = std::max(bucket_.ready_at(at), paused_until_);
    return ready > at ? std::min(ready, at + idle) : claim_one(at, stop);
}

bool Round::open() {
    if (store_) return true;
    auto store = office_.open_store();
    const auto ready = store ? office_.release_once(**store) : Result<void>(std::unexpected(store.error()));
    if (!ready) {
        tell_store_failed("open the store", ready.error());
        return false;
    }
    store_ = std::move(*store);
    return true;
}

// What was due by the clock before it was set back would wait for as long as the step.
void Round::begin_anew(Time at) {
    paused_until_ = keep_alive_at_ = at;
    if (const auto done = store_->release_claims(at); !done) tell_store_failed("release what waits", done.error());
}

Time Round::claim_one(Time at, std::stop_token stop) {
    const auto notice = store_->claim(target_.name, at, at + target_.endpoint.timeout + lease_margin);
    if (!notice) return store_failed("claim a notice", notice.error());
    store_works();
    if (*notice) {
        deliver(**notice, stop);
        return at;
    }
    const auto due = store_->next_due(target_.name);
    if (!due) return store_failed("look for the next notice", due.error());
    return std::clamp(due->value_or(at + idle), at + shortest_wait, at + idle);
}

void Round::deliver(const Notice& notice, std::stop_token stop) {
    bucket_.take();
    const auto outcome = try_once(notice, stop);
    // Cut off by the stop: nobody knows whether it arrived. The lease stays until the next start releases it.
    if (outcome.kind == Outcome::retry && stop.stop_requested()) return;
    const auto attempt = decide(notice, outcome);
    tell_tried(notice, attempt);
    office_.metrics.count(target_.name, notice.reason, result_name(attempt.state));
    if (attempt.state == DeliveryState::delivered && notice.reason == NoticeReason::opened)
        office_.metrics.told(target_.name, attempt.at - notice.incident.started_at);
    write_down(notice, attempt, stop);
}

// A target that is down is told of once, however many notices wait for it; what became of a notice is told of each.
void Round::tell_tried(const Notice& notice, const incidents::Attempt& attempt) {
    const auto told = [&](std::string_view what) {
        return log_text(what, {{"target", target_.name}, {"reason", to_string(notice.reason)},
                               {"incident", notice.incident.id}, {"answer", attempt.answer}});
    };
    if (attempt.state == DeliveryState::dead) return spdlog::error(told("notice given up"));
    if (attempt.state == DeliveryState::pending) {
        const auto level = target_outage_.failed(attempt.at) ? spdlog::level::warn : spdlog::level::debug;
        return spdlog::log(level, told("the target does not take notices, trying again"));
    }
    tell_over(target_outage_, attempt.at, "the target takes notices again");
    spdlog::info(told("notice delivered"));
}

void Round::tell_over(Outage& outage, Time at, std::string_view what) {
    if (const auto past = outage.succeeded(at))
        spdlog::info(log_text(what, {{"target", target_.name}, {"failures", std::to_string(past->failures)},
                                     {"lasted", to_string(past->lasted)}}));
}

Outcome Round::try_once(const Notice& notice, std::stop_token stop) {
    try {
        return notifier_.send(notice, stop);
    } catch (const std::exception& error) {
        // One notice that cannot be rendered must not end the service, which would only start to meet it again.
        return {Outcome::retry, Duration(0), false, plain_bytes(error.what(), max_answer_bytes)};
    }
}

incidents::Attempt Round::decide(const Notice& notice, const Outcome& outcome) {
    const Time at = now();
    incidents::Attempt attempt{DeliveryState::delivered, at, at, outcome.answer};
    if (outcome.kind == Outcome::retry && at - notice.created_at < office_.options.give_up_after) {
        const auto wait = std::max(backoff_.failed(notice.id), outcome.retry_after);
        attempt.state = DeliveryState::pending;
        attempt.next_try = at + wait;
        if (outcome.target_wide) paused_until_ = at + std::max(backoff_.failed(whole_target), outcome.retry_after);
        return attempt;
    }
    if (outcome.kind != Outcome::delivered) attempt.state = DeliveryState::dead;
    attempt.refused = outcome.kind == Outcome::give_up;
    backoff_.forget(notice.id);
    if (!outcome.target_wide) backoff_.forget(whole_target);
    return attempt;
}

// On the connection that claimed the notice: the lease is its.
void Round::write_down(const Notice& notice, const incidents::Attempt& attempt, std::stop_token stop) {
    while (true) {
        const auto done = store_->finish(notice.id, attempt);
        if (done) return store_works();
        tell_store_failed("write down an answer", done.error());
        if (stop.stop_requested()) return;
        office_.clock.sleep_until(now() + store_backoff_.failed(whole_target), stop);
    }
}

void Round::keep_alive(Time at, std::stop_token stop) {
    keep_alive_at_ = at + alert_repeat;
    const auto told = store_->told(target_.name, at - alert_lifetime);
    if (!told) {
        keep_alive_at_ = store_failed("read what the target was told", told.error());
        return;
    }
    for (std::size_t first = 0; first < told->size() && !stop.stop_requested(); first += alerts_at_once) {
        const auto count = std::min(alerts_at_once, told->size() - first);
        const auto outcome = notifier_.keep_alive(std::span(*told).subspan(first, count), stop);
        if (outcome.kind == Outcome::delivered || stop.stop_requested()) continue;
        keep_alive_at_ = at + std::max(office_.options.retry_longest, outcome.retry_after);
        if (alerts_outage_.failed(at))
            spdlog::warn(
                log_text("alerts are not kept alive, trying again",
                         {{"target", target_.name}, {"alerts", std::to_string(count)}, {"answer", outcome.answer}}));
        return;
    }
    if (!told->empty() && !stop.stop_requested()) tell_over(alerts_outage_, at, "alerts are kept alive again");
}

void Round::show_metrics(Time at) {
    if (!office_.metrics.is_due(at)) return;
    if (const auto status = store_->status()) office_.metrics.show(*status, at);
}

Time Round::store_failed(std::string_view doing, const Error& error) {
    tell_store_failed(doing, error);
    store_.reset();
    return now() + store_backoff_.failed(whole_target);
}

void Round::tell_store_failed(std::string_view doing, const Error& error) {
    if (store_outage_.failed(now()))
        spdlog::error(log_text("the courier cannot use the store, trying again",
                               {{"target", target_.name}, {"doing", doing}, {"error", error.message}}));
}

void Round::store_works() {
    store_backoff_.forget(whole_target);
    tell_over(store_outage_, now(), "the courier can use the store again");
}

}  // namespace meshwarden::notify

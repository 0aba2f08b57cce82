#include "notify/round.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <span>

#include "notify/alertmanager.hpp"
#include "notify/answers.hpp"
#include "notify/text.hpp"

namespace meshwarden::notify {
namespace {

constexpr double burst = 10;
constexpr Duration idle = std::chrono::seconds(1);       // other processes fill the outbox too, and do not wake us
constexpr Duration shortest_wait = Duration(20);
constexpr Duration lease_margin = std::chrono::seconds(30);  // above the timeout of a try
constexpr Duration store_first = Duration(50), store_longest = std::chrono::seconds(5);
constexpr std::size_t alerts_at_once = 500;
constexpr std::int64_t whole_target = 0;

std::string_view result_name(DeliveryState state) {
    return state == DeliveryState::pending ? "retry" : to_string(state);
}

spdlog::level::level_enum level_of(DeliveryState state) {
    if (state == DeliveryState::delivered) return spdlog::level::info;
    return state == DeliveryState::dead ? spdlog::level::err : spdlog::level::warn;
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
        spdlog::error("cannot open the store, trying again target={} error={}", target_.name, ready.error().message);
        return false;
    }
    store_ = std::move(*store);
    return true;
}

Time Round::claim_one(Time at, std::stop_token stop) {
    const auto notice = store_->claim(target_.name, at, at + target_.endpoint.timeout + lease_margin);
    if (!notice) return store_failed("claim a notice", notice.error());
    store_backoff_.forget(whole_target);
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
    spdlog::log(level_of(attempt.state), "notice {} target={} reason={} incident={} answer={}",
                result_name(attempt.state), target_.name, to_string(notice.reason), notice.incident.id, attempt.answer);
    office_.metrics.count(target_.name, notice.reason, result_name(attempt.state));
    write_down(notice, attempt, stop);
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
    backoff_.forget(notice.id);
    if (!outcome.target_wide) backoff_.forget(whole_target);
    return attempt;
}

// On the connection that claimed the notice: the lease is its.
void Round::write_down(const Notice& notice, const incidents::Attempt& attempt, std::stop_token stop) {
    while (true) {
        const auto done = store_->finish(notice.id, attempt);
        if (done) return store_backoff_.forget(whole_target);
        spdlog::error("cannot write down an answer, trying again target={} notice={} error={}", target_.name, notice.id,
                      done.error().message);
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
        spdlog::warn("alerts not kept alive target={} alerts={} answer={}", target_.name, count,
                     outcome.answer);
        return;
    }
}

void Round::show_metrics(Time at) {
    if (!office_.metrics.is_due(at)) return;
    if (const auto status = store_->status()) office_.metrics.show(*status, at);
}

Time Round::store_failed(std::string_view doing, const Error& error) {
    spdlog::error("cannot {}, trying again target={} error={}", doing, target_.name, error.message);
    store_.reset();
    return now() + store_backoff_.failed(whole_target);
}

}  // namespace meshwarden::notify

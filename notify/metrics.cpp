#include "notify/metrics.hpp"

#include <algorithm>
#include <array>

namespace meshwarden::notify {
namespace {

constexpr std::array reasons{NoticeReason::opened, NoticeReason::escalated, NoticeReason::still_open,
                             NoticeReason::resolved};

prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry, const std::vector<Target>& targets)
    : notifications_(prometheus::BuildCounter()
                         .Name("meshwarden_notifications_total")
                         .Help("Tries to tell a target, by their result: delivered, retry, dead.")
                         .Register(registry)),
      time_to_tell_(prometheus::BuildHistogram()
                        .Name("meshwarden_time_to_tell_seconds")
                        .Help("From the first event of an incident until a target took the notice that opened it.")
                        .Register(registry)),
      pending_(gauge(registry, "meshwarden_outbox_pending", "Notices that wait for a target.")),
      dead_(gauge(registry, "meshwarden_dead_letters", "Notices that were given up.")),
      oldest_(gauge(registry, "meshwarden_outbox_oldest_seconds", "Age of the oldest notice that waits.").Add({})) {
    for (const auto& target : targets) {
        targets_.push_back(target.name);
        pending_.Add({{"target", target.name}});
        dead_.Add({{"target", target.name}});
        time_to_tell(target.name);
        for (const auto reason : reasons)
            for (const auto* result : {"delivered", "retry", "dead"}) counter(target.name, reason, result);
    }
}

Metrics::~Metrics() {
    for (const auto& target : targets_)
        for (auto* family : {&pending_, &dead_}) family->Remove(&family->Add({{"target", target}}));
}

prometheus::Counter& Metrics::counter(const std::string& target, NoticeReason reason, std::string_view result) {
    return notifications_.Add(
        {{"target", target}, {"reason", std::string(to_string(reason))}, {"result", std::string(result)}});
}

void Metrics::count(const std::string& target, NoticeReason reason, std::string_view result) {
    counter(target, reason, result).Increment();
}

prometheus::Histogram& Metrics::time_to_tell(const std::string& target) {
    static const prometheus::Histogram::BucketBoundaries buckets{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600};
    return time_to_tell_.Add({{"target", target}}, buckets);
}

void Metrics::told(const std::string& target, Duration after_first_event) {
    time_to_tell(target).Observe(std::max(std::chrono::duration<double>(after_first_event).count(), 0.));
}

bool Metrics::is_due(Time now) {
    const std::lock_guard lock(mutex_);
    const bool due = now < shown_at_ || now - shown_at_ >= std::chrono::seconds(1);
    if (due) shown_at_ = now;
    return due;
}

void Metrics::show(const incidents::Status& status, Time now) {
    const auto set = [](auto& family, const std::map<std::string, int>& values, const std::string& target) {
        const auto found = values.find(target);
        family.Add({{"target", target}}).Set(found == values.end() ? 0 : found->second);
    };
    for (const auto& target : targets_) {
        set(pending_, status.pending_by_target, target);
        set(dead_, status.dead_by_target, target);
    }
    const auto age = status.oldest_pending ? std::max(now - *status.oldest_pending, Duration(0)) : Duration(0);
    oldest_.Set(std::chrono::duration<double>(age).count());
}

}  // namespace meshwarden::notify

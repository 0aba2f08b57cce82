#include "tests/notify/memory_outbox.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace meshwarden::notify {
namespace {

using namespace incidents;

class MemoryStore final : public Store {
public:
    explicit MemoryStore(std::shared_ptr<Outbox> outbox) : outbox_(std::move(outbox)) {}

    Result<std::optional<Notice>> claim(const std::string& target, Time now, Time until) override {
        if (fails()) return broken();
        const std::lock_guard lock(outbox_->mutex);
        for (auto& [id, row] : outbox_->rows) {
            if (!waits(row, target) || row.next_try > now || row.leased_until > now || has_older(row)) continue;
            row.leased_until = until;
            return row.notice;
        }
        return std::nullopt;
    }
    Result<void> finish(std::int64_t id, const Attempt& attempt) override {
        if (fails()) return broken();
        const std::lock_guard lock(outbox_->mutex);
        auto& row = outbox_->rows.at(id);
        row.state = attempt.state;
        row.answer = attempt.answer;
        row.next_try = attempt.next_try;
        row.leased_until = {};
        ++row.attempts;
        return {};
    }
    Result<std::optional<Time>> next_due(const std::string& target) override {
        if (fails()) return broken();
        const std::lock_guard lock(outbox_->mutex);
        std::optional<Time> due;
        for (const auto& [id, row] : outbox_->rows)
            if (waits(row, target)) due = std::min(due.value_or(Time::max()), std::max(row.next_try, row.leased_until));
        return due;
    }
    Result<void> release_claims(Time) override {
        if (fails()) return broken();
        ++outbox_->released;
        const std::lock_guard lock(outbox_->mutex);
        for (auto& [id, row] : outbox_->rows) row.leased_until = row.next_try = {};
        return {};
    }
    Result<std::vector<Incident>> told(const std::string&, Time) override {
        const std::lock_guard lock(outbox_->mutex);
        return outbox_->told;
    }
    Result<Status> status() override {
        Status status;
        const std::lock_guard lock(outbox_->mutex);
        for (const auto& [id, row] : outbox_->rows) {
            if (row.state == DeliveryState::dead) ++status.dead_by_target[row.notice.target];
            if (row.state != DeliveryState::pending) continue;
            ++status.pending_by_target[row.notice.target];
            status.oldest_pending = std::min(status.oldest_pending.value_or(Time::max()), row.notice.created_at);
        }
        return status;
    }

    Result<std::optional<Time>> cursor(const std::string&) override { return broken(); }
    Result<TickOutcome> commit(const Tick&, const incidents::Options&) override { return broken(); }
    Result<TickOutcome> retire(const Configured&, Time, const incidents::Options&) override { return broken(); }
    Result<Retained> retain(const Retention&, Time) override { return broken(); }
    Result<IncidentPage> incidents(const IncidentFilter&) override { return broken(); }
    Result<std::optional<IncidentDetail>> incident(const std::string&) override { return broken(); }
    std::expected<Incident, ActionFailure> act(const std::string&, const Action&, Time,
                                               const incidents::Options&) override {
        return std::unexpected(ActionError::storage);
    }
    Result<std::vector<Event>> events_after(std::int64_t, int) override { return broken(); }
    Result<std::vector<Delivery>> deliveries(const DeliveryFilter&) override { return broken(); }
    Result<std::vector<Reading>> coverage(const std::string&) override { return broken(); }
    Result<std::vector<RuleVerdict>> rule_verdicts(const std::string&) override { return broken(); }
    Result<std::string> detector_state(const std::string&) override { return broken(); }
    Result<TopologyPast> topology_past(const std::vector<std::string>&, const std::vector<Time>&) override {
        return broken();
    }
    Result<Expectations> expectations() override { return broken(); }
    std::expected<Expectation, ActionFailure> declare(Expectation, Time) override {
        return std::unexpected(ActionError::storage);
    }
    std::expected<Expectation, ActionFailure> withdraw(const std::string&, const std::string&, Time) override {
        return std::unexpected(ActionError::storage);
    }
    Result<void> note_reload(const std::vector<std::string>&, Time) override { return broken(); }
    Result<Verification> verify(const std::string&) override { return broken(); }

private:
    static std::unexpected<Error> broken() { return fail("the disk is gone"); }
    bool fails() { return outbox_->failing > 0 && outbox_->failing-- > 0; }
    static bool waits(const Outbox::Row& row, const std::string& target) {
        return row.state == DeliveryState::pending && row.notice.target == target;
    }
    bool has_older(const Outbox::Row& row) const {
        return std::ranges::any_of(outbox_->rows, [&](const auto& other) {
            return other.first < row.notice.id && waits(other.second, row.notice.target) &&
                   other.second.notice.incident.id == row.notice.incident.id;
        });
    }

    std::shared_ptr<Outbox> outbox_;
};

}  // namespace

std::int64_t Outbox::add(Notice notice) {
    const std::lock_guard lock(mutex);
    notice.id = static_cast<std::int64_t>(rows.size()) + 1;
    rows[notice.id].notice = notice;
    return notice.id;
}

Outbox::Row Outbox::row(std::int64_t id) const {
    const std::lock_guard lock(mutex);
    return rows.at(id);
}

bool Outbox::wait_until(const std::function<bool(const Outbox&)>& is_true) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < deadline) {
        if (is_true(*this)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
}

bool Outbox::wait_for_state(std::int64_t id, DeliveryState state) const {
    return wait_until([&](const Outbox& outbox) { return outbox.row(id).state == state; });
}

Result<std::unique_ptr<incidents::Store>> open_memory_store(const std::shared_ptr<Outbox>& outbox) {
    ++outbox->opened;
    return std::make_unique<MemoryStore>(outbox);
}

}  // namespace meshwarden::notify

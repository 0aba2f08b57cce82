// The Store over one SQLite connection. Split over sqlite_*.cpp by what is kept; for this folder only.
#pragma once

#include <new>

#include "incidents/change.hpp"
#include "incidents/sqlite_database.hpp"
#include "incidents/store.hpp"

namespace meshwarden::incidents {

class SqliteStore final : public Store {
public:
    // `owner` names this process and connection in leases.
    SqliteStore(std::unique_ptr<Database> database, std::string owner)
        : database_(std::move(database)), owner_(std::move(owner)) {}

    Result<std::optional<Time>> cursor(const std::string& prometheus) override;
    Result<TickOutcome> commit(const Tick& tick, const Options& options) override;
    Result<TickOutcome> retire(const Configured& configured, Time now, const Options& options) override;
    Result<Retained> retain(const Retention& retention, Time now) override;
    Result<IncidentPage> incidents(const IncidentFilter& filter) override;
    Result<std::optional<IncidentDetail>> incident(const std::string& id) override;
    std::expected<Incident, ActionFailure> act(const std::string& id, const Action& action, Time now,
                                               const Options& options) override;
    Result<std::vector<Event>> events_after(std::int64_t seq, int limit) override;
    Result<std::optional<Notice>> claim(const std::string& target, Time now, Time until) override;
    Result<void> finish(std::int64_t notice, const Attempt& attempt) override;
    Result<std::optional<Time>> next_due(const std::string& target) override;
    Result<void> release_claims(Time now) override;
    Result<std::vector<Delivery>> deliveries(const DeliveryFilter& filter) override;
    Result<std::vector<Incident>> told(const std::string& target, Time resolved_since) override;
    Result<std::vector<Reading>> coverage(const std::string& prometheus) override;
    Result<std::vector<RuleVerdict>> rule_verdicts(const std::string& prometheus) override;
    Result<std::string> detector_state(const std::string& name) override;
    Result<TopologyPast> topology_past(const std::vector<std::string>& prometheus,
                                       const std::vector<Time>& at) override;
    Result<Expectations> expectations() override;
    std::expected<Expectation, ActionFailure> declare(Expectation said, Time now) override;
    std::expected<Expectation, ActionFailure> withdraw(const std::string& id, const std::string& by,
                                                       Time now) override;
    Result<void> note_reload(const std::vector<std::string>& changes, Time now) override;
    Result<Status> status() override;
    Result<Verification> verify(const std::string& expected_head) override;

private:
    std::unique_ptr<Database> database_;
    std::string owner_;
};

// The error of a verb: what was being done, to which file, and what to do about it.
Error storage_error(const Database& database, std::string_view doing, const std::exception& problem);

// Runs one verb; SQLite's failures and unreadable records become its Error.
template <class F>
auto verb(const Database& database, std::string_view doing, F&& body) -> Result<decltype(body())> {
    try {
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            return {};
        } else {
            return body();
        }
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& problem) {
        return std::unexpected(storage_error(database, doing, problem));
    }
}

// The same of a verb that may be refused: what SQLite could not do is a refusal of `storage`.
template <class T>
std::expected<T, ActionFailure> refusable(Result<std::expected<T, ActionFailure>> done) {
    if (done) return std::move(*done);
    return std::unexpected(ActionFailure(ActionError::storage, std::move(done.error().message)));
}

}  // namespace meshwarden::incidents

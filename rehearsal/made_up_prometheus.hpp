// A Prometheus in memory that scraped what a rule test says and answers the collector's questions, so that rule tests
// run through everything behind the HTTP client. Owned by one thread.
//
// Every target was scraped at every interval from the start on: `up` is 1 where the test does not give its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/clock.hpp"
#include "io/http_client.hpp"
#include "rehearsal/evaluate.hpp"
#include "rehearsal/series.hpp"

namespace meshwarden::rehearsal {

struct Scrapes {
    Time start;
    Duration interval;
    Time end;  // the last scrape lies at or before it
};

// Stands still until it is set. Owned by one thread.
class HandClock final : public io::Clock {
public:
    explicit HandClock(Time now) : now_(now) {}
    void set(Time now) { now_ = now; }
    Time now() const override { return now_; }
    void sleep_until(Time, std::stop_token) const override {}

private:
    Time now_;
};

class MadeUpPrometheus final : public io::HttpClient {
public:
    MadeUpPrometheus(const std::vector<ScriptedSeries>& series, Scrapes scrapes,
                     std::shared_ptr<const io::Clock> clock);

    void set_reachable(bool reachable) { reachable_ = reachable; }

    std::vector<Result<io::Response>> send_all(const io::Endpoint& endpoint, const std::vector<io::Request>& requests,
                                               std::stop_token stop = {}) override;

    // Questions that it does not understand, each with the reason.
    const std::map<std::string, std::string>& not_understood() const { return not_understood_; }

private:
    io::Response answer(const io::Request& request);
    Result<Outcome> ask(const std::string& query, Time at);

    Scrapes scrapes_;
    std::shared_ptr<const io::Clock> clock_;
    std::vector<Stored> series_;
    bool reachable_ = true;
    std::map<std::string, Result<Expression>> parsed_;  // by question: most come at every tick
    std::map<std::string, std::string> not_understood_;
};

}  // namespace meshwarden::rehearsal

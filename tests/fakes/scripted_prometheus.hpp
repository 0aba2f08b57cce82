// A Prometheus that answers as a test says: by the beginning of a query, with series or with any text.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "tests/fakes/page_server.hpp"

namespace meshwarden::fakes {

class ScriptedPrometheus {
public:
    using Answer = std::function<PageAnswer(double time)>;  // `time`: what the query is evaluated at

    ScriptedPrometheus();

    std::string url() const { return server_.url(); }
    void set_time(double seconds);  // what time() says

    // Queries that begin with `prefix`; the longest prefix counts. Unknown queries are answered with no series.
    void answer(const std::string& prefix, Answer answer);
    void answer(const std::string& prefix, std::string body);
    void targets(std::string body);

    // Answers every query that no prefix fits.
    using Evaluate = std::function<PageAnswer(const std::string& query, double time)>;
    void evaluate(Evaluate evaluate);

    std::vector<std::string> queries() const;
    int asked(const std::string& prefix) const;

private:
    PageAnswer handle(const PageRequest& request);

    mutable std::mutex mutex_;
    double time_ = 10'000;
    std::map<std::string, Answer> answers_;
    Evaluate evaluate_;
    std::string targets_ = R"({"status":"success","data":{"activeTargets":[{"scrapeInterval":"3s"}]}})";
    std::vector<std::string> queries_;
    PageServer server_;
};

}  // namespace meshwarden::fakes

// What became of each reading of the configuration: told in the log, in our metrics and in /api/v1/status. Thread-safe.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include "model/time.hpp"
#include "web/dependencies.hpp"

namespace meshwarden::app {

class ReloadLog {
public:
    // Shown as never read well until `started`.
    ReloadLog(const std::string& file, prometheus::Registry& registry);

    void started(Time now);
    void replaced(std::vector<std::string> changes, Time now);  // a new configuration holds
    void refused(std::vector<std::string> problems, Time now);  // the one before stays
    web::ConfigStatus status() const;

private:
    mutable std::mutex mutex_;
    web::ConfigStatus status_;  // guarded by mutex_
    prometheus::Gauge& good_;
};

}  // namespace meshwarden::app

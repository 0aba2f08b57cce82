#include "app/reload_log.hpp"

#include <spdlog/spdlog.h>

namespace meshwarden::app {

ReloadLog::ReloadLog(const std::string& file, prometheus::Registry& registry)
    : good_(prometheus::BuildGauge()
                .Name("meshwarden_config_last_reload_successful")
                .Help("1 if the configuration file was good when it was last read.")
                .Register(registry)
                .Add({})) {
    status_.file = file;
}

void ReloadLog::started(Time now) {
    const std::scoped_lock lock(mutex_);
    status_.loaded_at = now;
    good_.Set(1);
}

void ReloadLog::replaced(std::vector<std::string> changes, Time now) {
    spdlog::info("configuration read anew, {} changes", changes.size());
    for (const auto& change : changes) spdlog::info("configuration: {}", change);
    const std::scoped_lock lock(mutex_);
    status_ = {status_.file, now, std::nullopt, {}, std::move(changes)};
    good_.Set(1);
}

void ReloadLog::refused(std::vector<std::string> problems, Time now) {
    spdlog::error("the new configuration has {} problems, the old one stays", problems.size());
    for (const auto& problem : problems) spdlog::error("configuration: {}", problem);
    const std::scoped_lock lock(mutex_);
    status_.refused_at = now;
    status_.problems = std::move(problems);
    good_.Set(0);
}

web::ConfigStatus ReloadLog::status() const {
    const std::scoped_lock lock(mutex_);
    return status_;
}

}  // namespace meshwarden::app

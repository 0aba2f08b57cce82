#include "app/reload_log.hpp"

#include <spdlog/spdlog.h>

#include "model/log_text.hpp"

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
    spdlog::info(log_text("configuration read anew", {{"changes", std::to_string(changes.size())}}));
    for (const auto& change : changes) spdlog::info(log_text("configuration changed", {{"change", change}}));
    const std::scoped_lock lock(mutex_);
    status_ = {status_.file, now, std::nullopt, {}, std::move(changes)};
    good_.Set(1);
}

void ReloadLog::refused(std::vector<std::string> problems, Time now) {
    spdlog::error(
        log_text("the new configuration is wrong, the old one stays", {{"problems", std::to_string(problems.size())}}));
    for (const auto& problem : problems) spdlog::error(log_text("configuration is wrong", {{"problem", problem}}));
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

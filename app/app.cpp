#include "app/app.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "app/logging.hpp"
#include "app/secret_files.hpp"
#include "app/version.hpp"
#include "model/graph.hpp"
#include "model/log_text.hpp"

namespace meshwarden::app {
namespace {

// What is still to be told, and what is open, does not go along to another database or under another name.
Result<void> nothing_left_behind(std::string_view key, const std::string& storage_url, std::string_view advice) {
    const auto store = incidents::open_store_read_only(storage_url);
    const auto status = store ? (*store)->status() : Result<incidents::Status>(std::unexpected(store.error()));
    if (!status) return std::unexpected(status.error());
    int notices = 0, open = 0;
    for (const auto& [target, count] : status->pending_by_target) notices += count;
    for (const auto& [severity, count] : status->open_by_severity) open += count;
    if (notices + open == 0) return {};
    return fail(fmt::format("{}: the database in use holds {} notices that wait and {} open incidents; {}", key, notices,
                            open, advice));
}

// Whoever reads the history later must see under which rules it was made.
Result<void> note_reload(const std::string& storage_url, const std::vector<std::string>& changes, Time now) {
    if (changes.empty()) return {};
    const auto store = incidents::open_store(storage_url, incidents::Opening::existing);
    return store ? (*store)->note_reload(changes, now) : std::unexpected(store.error());
}

}  // namespace

App::App(std::string config_file)
    : config_file_(std::move(config_file)),
      started_at_(clock_.now()),
      loop_metrics_(registry_),
      reloads_(config_file_, registry_) {}

App::~App() {
    if (server_) server_->stop();
}

Result<void> App::start(const config::Config& config) {
    const std::scoped_lock lock(reload_mutex_);  // a request to reload may come before the server is ours
    auto shared = std::make_shared<const config::Config>(config);
    if (auto replaced = replace_engine(shared); !replaced) return replaced;
    auto server = web::Server::start(config.web, dependencies());
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    reloads_.started(clock_.now());
    const auto scheme = config.web.tls.cert_file.empty() ? "http" : "https";
    spdlog::info("meshwarden {} is up, console {}://{}:{}/", version(), scheme, config.web.address, server_->port());
    log_missing_secrets(config);
    return {};
}

Result<void> App::replace_engine(std::shared_ptr<const config::Config> config) {
    const auto before = this->config();
    // Created and migrated here, and only where it is another than before: one that was removed must not come back
    // empty.
    if (!before || before->storage_url != config->storage_url)
        if (auto store = incidents::open_store(config->storage_url); !store) return std::unexpected(store.error());
    const std::scoped_lock lock(engine_mutex_);
    engine_.reset();  // the old one first: two loops must not settle for one Prometheus
    {
        const std::scoped_lock guard(shared_mutex_);
        shared_.config = config;
        for (const auto& prometheus : config->prometheus)
            shared_.prometheus[prometheus.name].name = prometheus.name;
        const auto gone = [&](const auto& entry) {
            return std::ranges::find(config->prometheus, entry.first, &collector::Options::name) ==
                   config->prometheus.end();
        };
        std::erase_if(shared_.prometheus, gone);
        std::erase_if(shared_.topologies, gone);
    }
    engine_ = std::make_unique<Engine>(
        config, Engine::Context{clock_, loop_metrics_, registry_, [this](const TickReport& tick) { take(tick); },
                                [this] { return pulse(); }});
    return {};
}

std::shared_ptr<const config::Config> App::config() {
    const std::scoped_lock lock(shared_mutex_);
    return shared_.config;
}

Result<void> App::replace(const config::Config& before, std::shared_ptr<const config::Config> after) {
    if (before.storage_url != after->storage_url)
        if (auto left = nothing_left_behind("storage.url", before.storage_url, "change it when there are none, or restart");
            !left)
            return left;
    // Part of the keys by which targets know what is open: by another they could not be told of the end.
    if (before.notify.instance != after->notify.instance)
        if (auto left = nothing_left_behind("instance", before.storage_url, "change it when there are none"); !left)
            return left;
    if (auto changed = server_->reconfigure(after->web); !changed) return changed;
    auto replaced = replace_engine(after);
    if (replaced) return replaced;
    auto restored = server_->reconfigure(before.web);
    return restored ? replaced : fail(replaced.error().message + "; " + restored.error().message);
}

std::vector<std::string> App::reload() {
    const std::scoped_lock one_at_a_time(reload_mutex_);
    auto loaded = config::load(config_file_);
    std::vector<std::string> problems;
    for (const auto& problem : loaded.problems) problems.push_back(to_string(problem));
    const auto before = config();
    if (problems.empty()) {
        auto after = std::make_shared<const config::Config>(std::move(loaded.config));
        if (auto replaced = replace(*before, after); !replaced)
            problems.push_back(config_file_ + ": " + replaced.error().message);
    }
    if (!problems.empty()) {
        reloads_.refused(problems, clock_.now());
        return problems;
    }
    change_logging(config()->log_level, config()->log_format);
    const auto changes = config::changes_between(before->written, config()->written);
    if (auto noted = note_reload(config()->storage_url, changes, clock_.now()); !noted)
        spdlog::warn(log_text("what changed is not in the log of events", {{"error", noted.error().message}}));
    reloads_.replaced(changes, clock_.now());
    log_missing_secrets(*config());
    return problems;
}

std::string App::waits_for() {
    const auto learned = topology();
    const auto now = clock_.now();
    const auto seconds = [](Duration duration) {
        return to_string(std::chrono::duration_cast<std::chrono::seconds>(duration));
    };
    const std::scoped_lock lock(shared_mutex_);
    for (const auto& [name, status] : shared_.prometheus)
        if (!shared_.topologies.contains(name))
            return fmt::format("waiting for Prometheus {}: {}", name, seconds(now - started_at_));
    for (const auto& [name, status] : shared_.prometheus)
        if (status.warm_up)
            return fmt::format("reading the past of Prometheus {}: {:.0f} %", name, 100 * status.warm_up->share());
    if (learned && learned->learning && learned->learning_until > now)
        return "learning who calls whom, for another " + seconds(learned->learning_until - now);
    return "";
}

void App::take(const TickReport& tick) {
    const std::scoped_lock lock(shared_mutex_);
    auto& status = shared_.prometheus[tick.prometheus];
    status.name = tick.prometheus;
    status.poll_interval = tick.interval;
    status.error = tick.cause;
    if (tick.reachable) {
        status.last_good_poll = clock_.now();
        status.duration = tick.took;
        status.cursor = tick.at;
    }
    status.warm_up = tick.warm_up;
    status.store_failing_since = tick.trouble ? std::optional(tick.trouble->since) : std::nullopt;
    status.store_error = tick.trouble ? tick.trouble->error : "";
    status.readings = {tick.sight, &tick.sight->readings};
    status.verdicts = {tick.sight, &tick.sight->rules};
    shared_.topologies[tick.prometheus] = tick.topology;
    shared_.ticked = true;
}

notify::Pulse App::pulse() {
    notify::Pulse pulse;
    pulse.version = version();
    std::set<std::string> blind;
    const std::scoped_lock lock(shared_mutex_);
    for (const auto& [name, status] : shared_.prometheus) {
        if (!status.store_error.empty()) pulse.storage_error = status.store_error;
        if (!status.readings) continue;
        for (const auto& reading : *status.readings)
            if (reading.coverage.sight == Sight::blind) blind.insert(reading.signal);
    }
    pulse.blind_signals.assign(blind.begin(), blind.end());
    return pulse;
}

std::shared_ptr<const Topology> App::topology() {
    const std::scoped_lock lock(shared_mutex_);
    if (shared_.topologies.empty()) return nullptr;
    if (shared_.topologies.size() == 1) return shared_.topologies.begin()->second;
    std::vector<std::shared_ptr<const Topology>> parts;
    for (const auto& [name, part] : shared_.topologies) parts.push_back(part);
    return std::make_shared<const Topology>(merged(parts));
}

web::ConfigStatus App::config_status() {
    auto status = reloads_.status();
    for (const auto& missing : missing_secrets(*config())) status.problems.push_back(in_words(missing));
    return status;
}

web::Dependencies App::dependencies() {
    const auto config = [this] { return this->config(); };
    web::Dependencies dependencies;
    dependencies.open_store = [config] {
        return incidents::open_store(config()->storage_url, incidents::Opening::existing);
    };
    dependencies.storage_url = [config] { return config()->storage_url; };
    dependencies.warn = [](const std::string& sentence) { spdlog::warn("{}", sentence); };
    dependencies.incidents = [config] { return config()->incidents; };
    dependencies.rules = [config] {
        auto held = config();
        return std::shared_ptr<const std::vector<RuleSpec>>(held, &held->rules);
    };
    dependencies.signals = [config] {
        auto held = config();
        return std::shared_ptr<const std::vector<SignalSpec>>(held, &held->signals);
    };
    dependencies.topology = [this] { return topology(); };
    dependencies.prometheus = [this] {
        const std::scoped_lock lock(shared_mutex_);
        std::vector<web::PrometheusStatus> all;
        for (const auto& [name, status] : shared_.prometheus) all.push_back(status);
        return all;
    };
    dependencies.now = [this] { return clock_.now(); };
    dependencies.ready = [this] {
        const std::scoped_lock lock(shared_mutex_);
        return shared_.ticked;
    };
    dependencies.reload = [this] { return reload(); };
    dependencies.config = [this] { return config_status(); };
    dependencies.wake_courier = [this] {
        const std::scoped_lock lock(engine_mutex_);
        if (engine_) engine_->wake_courier();
    };
    dependencies.started_at = started_at_;
    dependencies.version = version();
    dependencies.registry = &registry_;
    dependencies.process = &process_metrics_;
    return dependencies;
}

}  // namespace meshwarden::app

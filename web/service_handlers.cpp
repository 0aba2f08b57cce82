#include <nlohmann/json.hpp>

#include "incidents/json.hpp"
#include "web/handlers.hpp"
#include "web/metrics.hpp"

namespace meshwarden::web {
namespace {

using incidents::time_or_null;
using nlohmann::json;

json warm_up_json(const std::optional<WarmUpProgress>& read) {
    if (!read) return nullptr;
    return {{"from", to_rfc3339(read->from)},
            {"until", to_rfc3339(read->until)},
            {"at", to_rfc3339(read->at)},
            {"share", read->share()}};
}

json prometheus_json(const PrometheusStatus& prometheus, const incidents::Status& store) {
    const auto stored = store.cursors.find(prometheus.name);
    auto cursor = prometheus.cursor;
    if (!cursor && stored != store.cursors.end()) cursor = stored->second;
    return {{"name", prometheus.name},
            {"last_good_poll", time_or_null(prometheus.last_good_poll)},
            {"duration_seconds", double(prometheus.duration.count()) / 1000},
            {"cursor", time_or_null(cursor)},
            {"poll_interval", to_string(prometheus.poll_interval)},
            {"warm_up", warm_up_json(prometheus.warm_up)},
            {"error", prometheus.error.empty() ? json(nullptr) : json(prometheus.error)}};
}

json database_json(const incidents::Status& store, const std::string& unreadable,
                   const std::vector<PrometheusStatus>& all) {
    json database = {{"size_bytes", store.size_bytes},
                     {"head_hash", store.head_hash},
                     {"head_seq", store.head_seq},
                     {"failing_since", nullptr},
                     {"error", unreadable.empty() ? json(nullptr) : json(unreadable)}};
    for (const auto& each : all) {
        if (!each.store_failing_since) continue;
        database["failing_since"] = to_rfc3339(*each.store_failing_since);
        database["error"] = each.store_error;
    }
    return database;
}

json config_json(const ConfigStatus& config) {
    return {{"file", config.file},
            {"loaded_at", time_or_null(config.loaded_at)},
            {"refused_at", time_or_null(config.refused_at)},
            {"problems", config.problems},
            {"changes", config.changes}};
}

}  // namespace

Response health(const Call&, Context&) { return {200, "text/plain; charset=utf-8", "ok\n", {}}; }

Response readiness(const Call&, Context& context) {
    if (context.dependencies.ready()) return {200, "text/plain; charset=utf-8", "ready\n", {}};
    return problem(503, "starting: the first tick has not ended");
}

Response status(const Call&, Context& context) {
    const auto& needs = context.dependencies;
    const auto read = context.store ? context.store->status() : no_store(context);
    const auto store = read.value_or(incidents::Status{});
    auto prometheus = json::array();
    const auto all = needs.prometheus();
    for (const auto& each : all) prometheus.push_back(prometheus_json(each, store));
    const auto topology = needs.topology();
    const bool learning = !topology || topology->at == Time{} || topology->learning;
    const bool knows_until = topology && topology->learning_until != Time{};
    const auto until = knows_until ? json(to_rfc3339(topology->learning_until)) : json(nullptr);
    return json_response({{"version", needs.version},
                          {"started_at", to_rfc3339(needs.started_at)},
                          {"now", to_rfc3339(needs.now())},
                          {"prometheus", std::move(prometheus)},
                          {"learning", learning},
                          {"learning_cause", topology ? topology->learning_cause : ""},
                          {"learning_until", learning ? until : json(nullptr)},
                          {"database", database_json(store, read ? "" : read.error().message, all)},
                          {"config", config_json(needs.config ? needs.config() : ConfigStatus{})},
                          {"incidents_open", store.open_by_severity},
                          {"outbox",
                           {{"pending", store.pending_by_target},
                            {"dead", store.dead_by_target},
                            {"oldest_pending", time_or_null(store.oldest_pending)}}}});
}

Response metrics(const Call&, Context& context) {
    return {200, "text/plain; version=0.0.4; charset=utf-8", exposition(context.store, context.dependencies), {}};
}

Response reload(const Call&, Context& context) {
    const auto& again = context.dependencies.reload;
    const auto problems = again ? again() : std::vector<std::string>{"this server was started without a configuration"};
    if (problems.empty()) return json_response({{"status", "reloaded"}});
    auto response = json_response({{"type", "about:blank"},
                                   {"title", reason_phrase(400)},
                                   {"status", 400},
                                   {"detail", "the configuration is wrong; the old one stays"},
                                   {"problems", problems}},
                                  400);
    response.content_type = "application/problem+json";
    return response;
}

}  // namespace meshwarden::web
